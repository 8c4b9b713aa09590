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
REWARD_EXPIRING = EventType(
    "reward.expiring", "reward", "What is left of a reward expires soon; told once.", _REWARD, triggers=False
)
REWARD_EXPIRED = EventType("reward.expired", "reward", "What was left of a reward expired.", _REWARD, triggers=False)
REWARD_PROLONGED = EventType(
    "reward.prolonged",
    "reward",
    "Somebody moved a reward's expiry; what of it had expired came back.",
    _REWARD,
    triggers=False,
)
_REDEMPTION = {
    "form": "credit or points",
    "unit": "ISO 4217, or PTS for points",
    "amount_minor": "what was reserved",
    "reversed_minor": "what of it was given back since it was confirmed",
    "worth_minor": "what points were worth when they were reserved, or null",
    "worth_currency": "in this currency, or empty",
    "order": "the storefront's id of the order, or empty",
    "state": "reserved, confirmed, returned, expired or reversed",
    "expires_at": "when a reservation is given back by itself, RFC 3339",
}
REDEMPTION_RESERVED = EventType(
    "redemption.reserved", "redemption", "Credit or points were put into a basket.", _REDEMPTION, triggers=False
)
REDEMPTION_CONFIRMED = EventType(
    "redemption.confirmed", "redemption", "Credit or points were spent.", _REDEMPTION, triggers=False
)
REDEMPTION_RETURNED = EventType(
    "redemption.returned",
    "redemption",
    "A basket was left, or its time was over: its credit was given back.",
    _REDEMPTION,
    triggers=False,
)
REDEMPTION_REVERSED = EventType(
    "redemption.reversed", "redemption", "Spent credit, or a part of it, was given back.", _REDEMPTION, triggers=False
)
ADJUSTMENT_MADE = EventType(
    "adjustment.made",
    "adjustment",
    "Somebody gave or took something by hand, or moved an expiry.",
    {
        "kind": "given, taken or prolonged",
        "form": "what it is paid in, such as credit",
        "unit": "ISO 4217, or PTS for points",
        "amount_minor": "0 or more; the kind says which way",
        "reward": "the id of the reward it made or changed, or null",
        "undoes": "the id of the adjustment it undoes, or null",
    },
    triggers=False,
)
POINTS_EXCHANGED = EventType(
    "points.exchanged",
    "exchange",
    "Points became credit.",
    {
        "points": "how many",
        "currency": "ISO 4217",
        "amount_minor": "what they became",
        "points_per_unit": "the rate: so many points are one unit of the currency",
        "reward": "the id of the reward it made",
    },
    triggers=False,
)

_BUDGET = {
    "rule": "its id",
    "currency": "ISO 4217",
    "limit_minor": "of the period",
    "used_minor": "of the limit, so far",
    "period": "all, or such as 2026-11, 2026-W47",
}
RULE_BUDGET_LOW = EventType(
    "rule.budget_low", "rule", "Four fifths of a rule's budget are used.", _BUDGET, triggers=False
)
RULE_BUDGET_EXHAUSTED = EventType(
    "rule.budget_exhausted", "rule", "A rule's budget is used up.", _BUDGET, triggers=False
)

_COUPON = {
    "coupon": "its id; no fact holds its code",
    "pool": "its pool's id",
    "kind": "coupon or gift_card",
    "reward": "the id of the reward that it was given for, or null",
    "payout": "the id of the payout that it is, or null",
    "amount_minor": "what it is worth, or 0 for a percentage",
    "currency": "ISO 4217, or empty",
    "percent_bp": "its percentage in basis points, or 0",
    "used_minor": "how much of the reward's credit was used so far",
    "state": "assigned, used, revoked or expired",
    "order": "the id of the order that it was used in, or null",
    "reason": "why it was revoked or ended: taken_back, staff or time; else empty",
    "expires_at": "RFC 3339, or null",
}
COUPON_ISSUED = EventType("coupon.issued", "coupon", "Somebody got a code.", _COUPON, triggers=False)
COUPON_USED = EventType("coupon.used", "coupon", "A code, or a part of a gift card, was used.", _COUPON, triggers=False)
COUPON_REVOKED = EventType(
    "coupon.revoked",
    "coupon",
    "A code became void: its reward was taken back before it was used, or staff withdrew it.",
    _COUPON,
    triggers=False,
)
COUPON_EXPIRED = EventType("coupon.expired", "coupon", "A code was not used in time.", _COUPON, triggers=False)
COUPON_POOL_LOW = EventType(
    "coupon_pool.low",
    "coupon_pool",
    "A pool of uploaded codes runs low, or more are promised than are left; told once, until codes come.",
    {
        "pool": "its id",
        "left": "codes in stock",
        "low_stock": "from which number on it is told",
        "waiting": "rewards that wait for a code",
        "needed": "rewards that will need a code: those that wait, and those still held",
    },
    triggers=False,
)

RULE_CORRECTED = EventType(
    "rule.corrected",
    "rule",
    "The decisions of a mistaken version were made anew; each change is told by its reward's own event.",
    {
        "rule": "its id",
        "correction": "its id",
        "mistaken_version": "the id of the rule version that was corrected",
        "corrected_version": "the id of the one that decides instead",
        "starts_at": "of the period whose decisions were made anew, RFC 3339",
        "ends_at": "its end, excluded",
        "policy": "waive or net: what becomes of what had been spent or paid",
        "decisions": "how many were made anew",
    },
    triggers=False,
)

RULE_VERSION_SAVED = EventType(
    "rule_version.saved",
    "rule_version",
    "A rule was saved: what happens from then on is decided by its new version.",
    {
        "rule": "its id",
        "rule_version": "the id of the version",
        "number": "of the version, counted from 1",
        "corrects": "the id of the version whose decisions it corrects, or null",
        "starts_at": "from when it decides, RFC 3339",
        "ends_at": "the end that it was saved with, RFC 3339, or null",
        "digests": "of each of its terms the SHA-256, by name: what proves that it was not changed",
    },
    triggers=False,
)
