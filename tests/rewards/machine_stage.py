"""The machine's stage: five rules that meet in every conversion, as the code and as the model takes them; crashes."""

from datetime import timedelta

from django.db import OperationalError
from hypothesis import strategies as st

from tests.rewards import model
from tests.rewards.scene import NOW

ADVOCATES, FRIENDS = ("alice", "bob"), ("fred", "gina", "hugo")
FRIENDS_MOST = 700
FIRST_ORDER = {
    "advocate_amount_minor": 1000,
    "friend_kind": "percent",
    "friend_percent_bp": 1000,
    "friend_maximum_minor": 400,
    "minimum_order_minor": 2000,
    "hold_days": 14,
    "expires_days": 20,
    "caps": [
        {"scope": "program", "period": "all", "measure": "amount", "limit": FRIENDS_MOST, "side": "friend"},
        {"scope": "advocate", "period": "all", "measure": "count", "limit": 2, "side": ""},
    ],
}
SHARE = {
    "frequency": "every_order",
    "minimum_order_minor": 0,
    "advocate_kind": "percent",
    "advocate_percent_bp": 2000,
    "advocate_maximum_minor": 900,
    "advocate_form": "cash",
    "friend_kind": "",
    "hold_days": 0,
    "exclusive_group": "one",
    "priority": 1,
    "caps": [{"scope": "program", "period": "all", "measure": "amount", "limit": 2000, "side": ""}],
}
THANKS = {
    "frequency": "every_order",
    "minimum_order_minor": 0,
    "advocate_amount_minor": 300,
    "friend_kind": "",
    "hold_days": 1,
    "exclusive_group": "one",
    "caps": [{"scope": "friend", "period": "all", "measure": "count", "limit": 2, "side": ""}],
}
CODE = {"frequency": "every_order", "minimum_order_minor": 5000}
EVERY_SECOND = {
    "milestone_every": 2,
    "minimum_order_minor": 2000,
    "advocate_amount_minor": 700,
    "friend_kind": "",
    "hold_days": 1,
}
RULES = {"First order": FIRST_ORDER, "A share": SHARE, "Thanks": THANKS}
CODES = 2
LONG_AGO = NOW - timedelta(days=365)


def model_rules():
    first_order = [model.Cap("count", "friend", 1), model.Cap("amount", "program", FRIENDS_MOST, "friend")]
    return [
        model.Rule(
            {"advocate": ("credit", 1000, 0, 0), "friend": ("credit", 0, 10, 400)},
            [(LONG_AGO, [*first_order, model.Cap("count", "advocate", 2)])],
            hold_days=14,
            expires_days=20,
            minimum=2000,
        ),
        model.Rule(
            {"advocate": ("cash", 0, 20, 900)},
            [(LONG_AGO, [model.Cap("amount", "program", 2000)])],
            group="one",
            priority=1,
        ),
        model.Rule(
            {"advocate": ("credit", 300, 0, 0)},
            [(LONG_AGO, [model.Cap("count", "friend", 2)])],
            hold_days=1,
            group="one",
        ),
        model.Rule({"friend": ("coupon", 1000, 0, 0)}, [(LONG_AGO, [])], minimum=5000),
    ]


class Crash(OperationalError):
    """The connection is lost at a statement."""


class CrashesAt:
    """Raises at the n-th statement."""

    def __init__(self, number):
        self.left = number

    def __call__(self, execute, *arguments):
        self.left -= 1
        if self.left == 0:
            raise Crash
        return execute(*arguments)


crashes = st.one_of(st.none(), st.integers(1, 40))
some = st.integers(0, 50)
amounts = st.sampled_from([500, 1999, 2000, 3333, 5000, 9999])


def with_defaults(said, limit):
    base = {"minimum_order_minor": 2000, "advocate_kind": "fixed", "friend_kind": "fixed", "friend_amount_minor": 500}
    return base | said | {"caps": [*said["caps"][:-1], said["caps"][-1] | {"limit": limit}]}
