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
