"""Copies that the database does not check by foreign keys, against their originals."""

from advocacy.checking import Check
from rewards.models import ROUTES

_REWARDS = """
    SELECT reward.id FROM rewards_reward reward
    JOIN rewards_subject subject ON subject.id = reward.subject_id
    LEFT JOIN rewards_ruleversion version ON version.id = reward.rule_version_id
    LEFT JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id
    WHERE reward.storefront_id <> subject.storefront_id OR reward.program_id <> subject.program_id
       OR reward.rule_id IS DISTINCT FROM version.rule_id
       OR reward.advocate_id IS DISTINCT FROM subject.advocate_id
       OR reward.recipient_id IS DISTINCT FROM CASE reward.side
            WHEN 'advocate' THEN advocate.customer_id WHEN 'friend' THEN subject.friend_id
            ELSE subject.customer_id END
    ORDER BY reward.id
"""
# Event types have a dot; what is derived, given by hand or exchanged has no event.
_SUBJECTS = """
    SELECT subject.id FROM rewards_subject subject
    LEFT JOIN advocacy_event event ON event.subject_kind = subject.kind AND event.subject_id = subject.public_id
        AND event.version = subject.settled_version
    WHERE subject.trigger LIKE '%.%'
      AND ((subject.storefront_id, subject.advocate_id, subject.friend_id, subject.customer_id)
           IS DISTINCT FROM (event.storefront_id, event.advocate_id, event.friend_id, event.customer_id)
        OR subject.program_id <> event.program_id)
    ORDER BY subject.id
"""
_PEOPLE = """
    SELECT subject.id FROM rewards_subject subject
    LEFT JOIN advocacy_program program ON program.id = subject.program_id
    LEFT JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id
    LEFT JOIN advocacy_customer friend ON friend.id = subject.friend_id
    LEFT JOIN advocacy_customer customer ON customer.id = subject.customer_id
    WHERE program.storefront_id IS DISTINCT FROM subject.storefront_id
       OR subject.advocate_id IS NOT NULL AND advocate.program_id IS DISTINCT FROM subject.program_id
       OR subject.friend_id IS NOT NULL AND friend.storefront_id IS DISTINCT FROM subject.storefront_id
       OR subject.customer_id IS NOT NULL AND customer.storefront_id IS DISTINCT FROM subject.storefront_id
    ORDER BY subject.id
"""


def _kind(place):
    """Of the account that a leg moves from (0) or to (1)."""
    kinds = " ".join(f"WHEN '{leg}' THEN '{route[place]}'" for leg, route in ROUTES.items())
    return f"CASE leg {kinds} END"


def _apart(account, place):
    """Whether an account is not the one that the leg and the reward say. The house's has no customer, by a constraint.

    Plain comparisons: records, and a join for the kinds, take several times as long, and there may be millions.
    """
    return f"""
        {account}.kind <> {_kind(place)} OR {account}.customer_id <> reward.recipient_id
        OR {account}.unit <> reward.unit OR {account}.form <> reward.form
        OR {account}.storefront_id <> reward.storefront_id
    """


_TRANSFERS = f"""
    SELECT transfer.id, transfer.leg FROM rewards_transfer transfer
    JOIN rewards_reward reward ON reward.id = transfer.reward_id
    JOIN rewards_account source ON source.id = transfer.source_id
    JOIN rewards_account target ON target.id = transfer.target_id
    WHERE transfer.storefront_id <> reward.storefront_id OR transfer.unit <> reward.unit
       OR transfer.reward_version NOT BETWEEN 1 AND reward.version
       OR {_apart("source", 0)} OR {_apart("target", 1)}
    ORDER BY transfer.id
"""  # noqa: S608 - our own names

CHECKS = (
    Check("copies in rewards", _REWARDS, "Reward {id} names others than its subject and its rule version do."),
    Check("copies in subjects", _SUBJECTS, "Subject {id} names others than its event does."),
    Check("subjects' people", _PEOPLE, "Subject {id} names people or a program that are not of its storefront."),
    Check(
        "transfers' accounts",
        _TRANSFERS,
        "Transfer {id} ({leg}) is not of its reward: of another storefront or unit, between accounts of other kinds or "
        "owners, or of a version that never was.",
    ),
)
