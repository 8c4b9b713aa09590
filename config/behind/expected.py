"""The rows of what is expected of customers, and of who brought whom: people, one by one."""

from functools import partial

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from advocacy import ids, persons
from advocacy.models import Customer
from config.behind.asked import refused
from config.behind.figure import Figure, whole
from config.behind.rows import EXACT, Rows
from referrals import growth, predictions
from referrals.models import Referral, TallyOf

_VALUE = Coalesce(F("standing__expected_value_minor"), Value(0))
_HUNDREDTH = Value("0.01", output_field=EXACT)


def of_trees(name):
    """Who stands in the trees of the program, as the night's tally found them; now, where there is none yet."""
    return partial(_of_trees, name)


def _of_trees(name, asked):
    place = asked.whole(_PLACES[name]) if name in _PLACES else None
    _, counted_at = growth.read(program=asked.program).get(TallyOf.TREES, (None, asked.at))
    return Rows(growth.behind_trees(name, program=asked.program, at=counted_at, place=place))


# Which of the trees, and how far from the first.
_PLACES = {"sizes": "tree", "depths": "steps"}


def expected(name):
    """Of whom something is expected: ``customers``, their ``orders`` or ``value``, or who is ``at_risk``."""
    return partial(_expected, name)


def _expected(name, asked):
    rows = _people(asked).filter(standing__alive_percent__isnull=False)
    if name == "orders":
        return Rows(rows, amount=F("standing__expected_orders_e2"), weight=_HUNDREDTH)
    if name == "value":
        return Rows(rows, amount=_VALUE, unit=asked.storefront.currency)
    if name == "at_risk":
        return Rows(rows.filter(standing__at_risk_since__isnull=False), at="standing__at_risk_since")
    return Rows(rows)


def _people(asked):
    return Customer.objects.filter(storefront=asked.storefront)


def at_risk(asked):
    """Advocates at risk, with what they themselves are expected to spend."""
    return _leaving(asked, predictions.at_risk, "standing__at_risk_since")


def left_behind(asked):
    return _leaving(asked, predictions.left_behind, "standing__advocate_left_at")


def _leaving(asked, who, since):
    keys = who(storefront=asked.storefront).order_by().values("customer")
    return Rows(_people(asked).filter(pk__in=keys), amount=_VALUE, unit=asked.storefront.currency, at=since)


def friends(asked):
    """The friends of a customer who bought, in all programs; the key is the customer's."""
    mine = _people(asked).filter(public_id=ids.decode("cus", asked.key or "")).first()
    if mine is None:
        raise refused("key", "Send key, a customer of this storefront by id.")
    return Rows(
        Referral.objects.filter(advocate__customer__in=persons.ids_of(mine), standing_conversions__gt=0),
        at="converted_at",
    )


_COUNTED = "As the night’s tally counted them, of all time; a person of several records is one."


def _tree(name, title, why, takes=()):
    return Figure(Customer, title, f"{why} {_COUNTED}", of_trees(name), takes, dated=False)


TREES = {
    "trees.people": _tree("people", "people of all trees", "Brought somebody, or were brought."),
    "trees.first": _tree("first", "who began each tree", "One of each tree: nobody brought them."),
    "trees.loops": _tree("loops", "circles", "One of each circle: people each of whom brought the next."),
    "trees.looping": _tree(
        "looping", "people in circles", "In a circle, or brought by one who is, and by nobody else."
    ),
    "trees.sizes": _tree("sizes", "people of a tree", "In the tree of this place, 1 the largest.", ("tree",)),
    "trees.depths": _tree("depths", "friends so many steps away", "So many steps from who began the tree.", ("steps",)),
}
_WRITTEN = "By the newest night that had a model; erased people are left out."
_LEFT = "The amount is what they are expected to spend in the next 12 months."
EXPECTED = {
    "expected.customers": whole(
        Customer, "customers of whom is expected", f"Bought. {_WRITTEN}", expected("customers")
    ),
    "expected.at_risk": whole(
        Customer, "customers at risk", f"Likely to buy again with less than the limit. {_WRITTEN}", expected("at_risk")
    ),
    "expected.orders": whole(
        Customer,
        "orders expected in 12 months",
        f"Bought; the amount is days with an order, in hundredths. {_WRITTEN}",
        expected("orders"),
    ),
    "expected.value": whole(
        Customer,
        "value expected in 12 months",
        f"Bought; the amount is what they are expected to spend. {_WRITTEN}",
        expected("value"),
    ),
    "at_risk.advocates": whole(
        Customer, "advocates at risk", f"Brought friends, and are at risk themselves. {_LEFT}", at_risk
    ),
    "at_risk.friends": whole(
        Referral,
        "friends of a customer who bought",
        "Brought by them, and bought; what they bought stands.",
        friends,
        ("key",),
    ),
    "left_behind.friends": whole(
        Customer,
        "friends whose advocate left",
        f"Who brought them is at risk, banned or erased. {_LEFT}",
        left_behind,
    ),
}
