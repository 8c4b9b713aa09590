"""The terms of rules as ``rulebook.save`` takes them, written short."""

_SIDES = ("advocate", "friend", "customer")
_PARTS = (
    "form",
    "kind",
    "amount_minor",
    "percent_bp",
    "minimum_minor",
    "maximum_minor",
    "tiers",
    "items",
    "pool",
    "label",
)
# What a stage says of a fixed benefit does not stay when a test makes it another kind.
_OF_FIXED, _OF_SHARES = {"amount_minor"}, {"percent_bp", "minimum_minor", "maximum_minor", "tiers", "items"}


def terms(**said):
    """``advocate_amount_minor=1000`` → ``{"benefits": {"advocate": {"amount_minor": 1000, …}}}``; the rest stays.

    A side whose kind is ``""`` gets nothing. Holds count from the payment unless said otherwise.
    """
    benefits = {}
    for side in _SIDES:
        parts = {part: said.pop(f"{side}_{part}") for part in _PARTS if f"{side}_{part}" in said}
        if parts and parts.get("kind", "fixed"):
            foreign = _OF_SHARES if parts.get("kind", "fixed") == "fixed" else _OF_FIXED
            kept = {part: value for part, value in parts.items() if part not in foreign}
            benefits[side] = {"form": "credit", "kind": "fixed"} | kept
    return {"hold_from": "payment"} | said | ({"benefits": benefits} if benefits else {"benefits": {}})
