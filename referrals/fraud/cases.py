"""What checks are asked about: conversions of a batch, with what one query tells of each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from advocacy.models import bulk

SIDES = ("advocate", "friend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One conversion. Ids are keys of rows; e-mail addresses as ``advocacy.emails`` compares them, or empty."""

    conversion: int
    storefront: int
    program: int
    order: int
    placed_at: datetime
    payment: str = ""
    shipping: str = ""
    referral: int = 0
    # The one that won, or else the newest of the same advocate's beside a code that was typed.
    click: UUID | None = None
    clicked_at: datetime | None = None
    bound_at: datetime | None = None
    # Whether this order is the one that the bond began with.
    first: bool = True
    advocate: int = 0
    advocate_customer: int = 0
    advocate_email: str = ""
    friend: int = 0
    friend_email: str = ""
    # Whether it is known from where the friend signed up.
    traced: bool = False
    # Whether the program is for new customers.
    new_only: bool = False


# Nobody decided about these yet.
_CASES = """
    SELECT conversion.id, conversion.storefront_id, conversion.program_id, orders.id, orders.placed_at::text,
        orders.payment_fingerprint, orders.shipping_hash, referral.id, COALESCE(referral.click_id, beside.click),
        COALESCE(referral.clicked_at::text, beside.at), referral.bound_at::text, conversion.sequence = 1,
        advocate.id, advocate.customer_id,
        COALESCE(bringer.email_key, ''), referral.friend_id, COALESCE(friend.email_key, ''),
        EXISTS (SELECT FROM referrals_trace trace WHERE trace.customer_id = referral.friend_id),
        program.new_customers_only
    FROM referrals_conversion conversion
    JOIN referrals_order orders ON orders.id = conversion.order_id
    JOIN referrals_referral referral ON referral.id = conversion.referral_id
    JOIN advocacy_advocate advocate ON advocate.id = referral.advocate_id
    JOIN advocacy_program program ON program.id = conversion.program_id
    JOIN advocacy_customer bringer ON bringer.id = advocate.customer_id
    JOIN advocacy_customer friend ON friend.id = referral.friend_id
    LEFT JOIN LATERAL (
        SELECT (said ->> 'click')::uuid AS click, said ->> 'at' AS at
        FROM jsonb_array_elements(referral.candidates) said
        WHERE said ? 'click' AND said ->> 'advocate' = advocate.public_id::text
        ORDER BY said ->> 'at' DESC LIMIT 1
    ) beside ON referral.click_id IS NULL
    WHERE conversion.public_id = ANY(%s::uuid[]) AND NOT conversion.ended
        AND conversion.advocate_review = 'clear' AND conversion.friend_review = 'clear'
        AND NOT EXISTS (SELECT FROM {said} known WHERE known.conversion_id = conversion.id)
    ORDER BY conversion.id
"""
_UNSCREENED = _CASES.format(said="referrals_reviewcase")
# What was noted of it, and held nothing, may grow.
_UNRULED = _CASES.format(said="referrals_ruling")
_FIELDS = tuple(Case.__dataclass_fields__)


def of(*, conversions, again=False):
    """The Cases of these conversions, by their public ids, as far as they are to be screened, or screened ``again``."""
    rows = asked(_UNRULED if again else _UNSCREENED, [list(conversions)])
    return [_case(dict(zip(_FIELDS, row, strict=True))) for row in rows]


def _case(said):
    # As text: the driver takes ten times as long to read a moment.
    for name in ("placed_at", "clicked_at", "bound_at"):
        said[name] = said[name] and datetime.fromisoformat(said[name])
    return Case(**said)


def asked(sql, values):
    """The rows of a question; lists among the ``values`` are of one kind, without None."""
    values = [bulk.array([*map(str, value)]) if isinstance(value, list) else value for value in values]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
