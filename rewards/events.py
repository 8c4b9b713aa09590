"""The event types of rewards. They never trigger rules."""

from advocacy.outbox.catalogue import EventType

_REWARD = {
    "reward": "its id",
    "side": "advocate or friend",
    "rule": "the rule's id, or null where it was given by hand",
    "subject_kind": "what it is for, such as conversion",
    "subject": "its id",
    "form": "credit, points, coupon, gift_card, cash or custom",
    "unit": "ISO 4217, or PTS for points",
    "granted_minor": "fixed when first decided",
    "pending_minor": "waiting",
    "available_minor": "credited",
    "due_at": "when the hold is over, RFC 3339",
    "expires_at": "when what is not spent expires, RFC 3339, or null",
}
REWARD_PENDING = EventType(
    "reward.pending", "reward", "A reward was granted and waits for its hold.", _REWARD, triggers=False
)
REWARD_CREDITED = EventType(
    "reward.credited", "reward", "A reward, or more of it, was credited.", _REWARD, triggers=False
)
REWARD_REVERSED = EventType(
    "reward.reversed", "reward", "A reward, or a part of it, was taken back.", _REWARD, triggers=False
)

_PAYOUT = {
    "payout": "its id",
    "payout_batch": "its batch’s id",
    "number": "of its statement; without gaps in a storefront",
    "kind": "manual, sepa or gift_card",
    "state": "frozen, sent, paid, failed, cancelled or returned",
    "amount_minor": "what is paid",
    "currency": "ISO 4217",
}


def _payout(name, meaning):
    return EventType(f"payout.{name}", "payout", meaning, _PAYOUT, triggers=False)


PAYOUT_FROZEN = _payout("frozen", "Cash was set aside for a payout of a new batch.")
PAYOUT_SENT = _payout("sent", "A payout was handed over to be paid.")
PAYOUT_PAID = _payout("paid", "A payout was paid.")
PAYOUT_FAILED = _payout("failed", "A payout failed; its amount is the customer’s again.")
PAYOUT_CANCELLED = _payout("cancelled", "A payout was cancelled; its amount is the customer’s again.")
PAYOUT_RETURNED = _payout("returned", "A payout that was paid came back; its amount is the customer’s again.")
