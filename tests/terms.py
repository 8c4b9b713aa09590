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


def terms(**said):
    """``advocate_amount_minor=1000`` → ``{"benefits": {"advocate": {"amount_minor": 1000, …}}}``; the rest stays.

    A side whose kind is ``""`` gets nothing. Holds count from the payment unless said otherwise.
    """
    benefits = {}
    for side in _SIDES:
        parts = {part: said.pop(f"{side}_{part}") for part in _PARTS if f"{side}_{part}" in said}
        if parts and parts.get("kind", "fixed"):
            benefits[side] = {"form": "credit", "kind": "fixed"} | parts
    return {"hold_from": "payment"} | said | ({"benefits": benefits} if benefits else {"benefits": {}})
