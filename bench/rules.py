"""Rules as a busy program has them: some pay, most say no, each counts something."""

_BASE = {"hold_from": "payment", "hold_days": 14}


def _gives(**sides):
    return {side: {"form": "credit"} | benefit for side, benefit in sides.items()}


FIVE = {
    "Give 10, get 10": _BASE
    | {
        "frequency": "first_order",
        "minimum_order_minor": 2000,
        "benefits": _gives(
            advocate={"kind": "fixed", "amount_minor": 1000}, friend={"kind": "percent", "percent_bp": 1000}
        ),
        "caps": [{"scope": "advocate", "period": "month", "measure": "count", "limit": 1000, "side": ""}],
    },
    "France": _BASE
    | {
        "frequency": "every_order",
        "conditions": [{"field": "country", "op": "one_of", "value": ["FR"]}],
        "benefits": _gives(advocate={"kind": "fixed", "amount_minor": 500}),
    },
    "Large orders for a year": _BASE
    | {
        "frequency": "every_order",
        "months_limit": 12,
        "months_from": "binding",
        "conditions": [{"field": "goods_minor", "op": "at_least", "value": 100_000}],
        "benefits": _gives(advocate={"kind": "percent", "percent_bp": 500, "maximum_minor": 1500}),
        "caps": [{"scope": "program", "period": "month", "measure": "amount", "limit": 10**9, "side": ""}],
    },
    "Coffee": _BASE
    | {
        "frequency": "every_order",
        "conditions": [{"field": "categories", "op": "one_of", "value": ["coffee"]}],
        "benefits": _gives(
            advocate={"kind": "per_product", "items": [{"by": "category", "values": ["coffee"], "percent_bp": 1000}]}
        ),
    },
    "VIP": _BASE
    | {
        "frequency": "first_order",
        "exclusive_group": "vip",
        "conditions": [{"field": "friend_segments", "op": "one_of", "value": ["vip"]}],
        "benefits": _gives(advocate={"kind": "fixed", "amount_minor": 2000}),
    },
}
TWENTY = FIVE | {f"Country {number}": FIVE["France"] for number in range(15)}
