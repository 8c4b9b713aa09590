"""Rewards of a store's conversions: what is decided about and what was granted, without the ledger's transfers.

Both sides of each: 5.00, pending for 14 days; of what is credited two of five are spent.
"""

from datetime import timedelta

from bench import ground, store
from rewards import reward_days
from rewards.models import Reward, Subject

_GRANTED, _HOLD = 500, timedelta(days=14)
_PENDING = "CASE WHEN occurred_at > %(released)s THEN {pending} ELSE {credited} END"


def give(cursor, known, *, storefront):
    known |= {"released": ground.NOW - _HOLD, "hold": _HOLD}
    store.insert(
        cursor,
        Subject,
        "FROM referrals_conversion one WHERE storefront_id = %(storefront)s ORDER BY converted_at",
        known,
        trigger="'conversion.recorded'",
        kind="'conversion'",
        public_id="public_id",
        settled_version="1",
        decisions_made="1",
        occurred_at="converted_at",
    )
    store.insert(
        cursor,
        Reward,
        """
        FROM rewards_subject subject JOIN referrals_conversion told USING (public_id)
        JOIN referrals_referral bond ON bond.id = told.referral_id
        CROSS JOIN (VALUES ('advocate'), ('friend')) AS one (side)
        WHERE subject.storefront_id = %(storefront)s ORDER BY subject.id
        """,
        known,
        subject_id="subject.id",
        side="side",
        recipient_id="bond.friend_id",
        advocate_id="bond.advocate_id",
        form="'credit'",
        unit="'EUR'",
        granted_minor=str(_GRANTED),
        pending_minor=_PENDING.format(pending=_GRANTED, credited=0),
        available_minor=_PENDING.format(pending=0, credited=300),
        spent_minor=_PENDING.format(pending=0, credited=200),
        status=_PENDING.format(pending="'pending'", credited="'available'"),
        due_at="occurred_at + %(hold)s",
        created_at="occurred_at",
        at="occurred_at",
    )
    reward_days.recount(storefront=storefront)
