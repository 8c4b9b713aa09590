"""Ten rules that most programs begin with: drafts for the form, each with what it pays in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from rewards.rules import terms as words

_MONDAY = 0


@dataclass(frozen=True)
class Recipe:
    """``text`` says what it pays as the draft stands; ``then`` what is left to do. Amounts are minor units of a
    currency with two decimals.
    """

    key: str
    name: str
    text: str
    draft: dict
    then: str = ""
    # Of what depends on the day: ``(at, zone) → terms``.
    dates: Callable | None = None

    def terms(self, *, at, zone):
        """As ``rulebook.save`` takes them; a pool is still to be chosen."""
        usual = {"frequency": "first_order", "hold_days": 14, "hold_from": "delivery"}
        return usual | self.draft | (self.dates(at, zone) if self.dates else {})


def _fixed(amount, form=words.CREDIT, **parts):
    return {"form": form, "kind": words.FIXED, "amount_minor": amount} | parts


def _percent(basis_points, maximum):
    return {"form": words.CREDIT, "kind": words.PERCENT, "percent_bp": basis_points, "maximum_minor": maximum}


def _until_monday(at, zone):
    """The end of this Sunday, in the program's zone."""
    local = at.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"ends_at": midnight + timedelta(days=7 - local.weekday() + _MONDAY)}


_STEPS = [
    {"from": 1, "amount_minor": 500},
    {"from": 5, "amount_minor": 800},
    {"from": 10, "amount_minor": 1000},
]
_ITEMS = [
    {"by": "category", "values": ["coffee"], "percent_bp": 1000},
    {"by": "category", "values": ["accessories"], "percent_bp": 500},
]
_A_MONTH = {"period": "month"}

_ALL = [
    Recipe(
        "give-10-get-10",
        "Give 10, get 10",
        "Advocate and friend get 10.00 each for a friend’s first order of 40.00 or more.",
        {"minimum_order_minor": 4000, "benefits": {"advocate": _fixed(1000), "friend": _fixed(1000)}},
    ),
    Recipe(
        "percent-for-a-year",
        "A share for a year",
        "The advocate gets 10 % of every order of a friend for twelve months, up to 20.00 each.",
        {"frequency": "every_order", "months_limit": 12, "benefits": {"advocate": _percent(1000, 2000)}},
    ),
    Recipe(
        "every-5th-friend",
        "A gift for every 5th friend",
        "The advocate gets a gift card worth 25.00 whenever five more friends have ordered for 20.00 or more.",
        {
            "minimum_order_minor": 2000,
            "milestone_every": 5,
            "benefits": {"advocate": _fixed(2500, words.GIFT_CARD, pool="")},
        },
        then="Choose the pool that the gift cards are taken from.",
    ),
    Recipe(
        "tiers-by-friends",
        "More for those who bring more",
        "The advocate gets 5.00 for a friend’s first order of 20.00 or more, 8.00 from the fifth in a month and 10.00 "
        "from the tenth.",
        {
            "minimum_order_minor": 2000,
            "benefits": {
                "advocate": {
                    "form": words.CREDIT,
                    "kind": words.TIERED,
                    "tiers": {"measure": "conversions", "period": "month", "reading": "marginal", "steps": _STEPS},
                }
            },
        },
    ),
    Recipe(
        "points-for-a-testimonial",
        "Points for a testimonial",
        "Whoever says something about the shop gets 100 points once it is published, one time.",
        {
            "trigger": "testimonial.published",
            "hold_days": 0,
            "hold_from": "payment",
            "benefits": {"customer": _fixed(100, words.POINTS)},
        },
        then="Never make the points depend on the stars: that would be bought praise.",
    ),
    Recipe(
        "welcome-credit",
        "Welcome credit",
        "A friend who signs up gets 5.00 at once, before ordering anything, within a budget of 500.00 a month.",
        {
            "trigger": "referral.created",
            "hold_days": 0,
            "hold_from": "payment",
            "expires_days": 60,
            "benefits": {"friend": _fixed(500)},
            # Signing up costs nothing: without a limit it could pay for ever.
            "caps": [_A_MONTH | {"scope": "program", "measure": "amount", "limit": 50_000}],
        },
        then="A coupon instead? Choose “A coupon code” and its pool.",
    ),
    Recipe(
        "share-of-the-first-order",
        "A share of the first order",
        "The advocate gets 15 % of a friend’s first order, up to 20.00 each, at most five times a month.",
        {
            "benefits": {"advocate": _percent(1500, 2000)},
            "caps": [_A_MONTH | {"scope": "advocate", "measure": "count", "limit": 5}],
        },
    ),
    Recipe(
        "by-category",
        "More for what you want to sell",
        "The advocate gets 10 % of coffee and 5 % of accessories in every order of a friend, up to 30.00 each.",
        {
            "frequency": "every_order",
            "benefits": {
                "advocate": {
                    "form": words.CREDIT,
                    "kind": words.PER_PRODUCT,
                    "items": _ITEMS,
                    "maximum_minor": 3000,
                }
            },
        },
        then="Write your own categories, as the shop sends them with each product.",
    ),
    Recipe(
        "double-until-sunday",
        "Double until Sunday",
        "Advocate and friend get 20.00 each for a friend’s first order of 40.00 or more, until Sunday night.",
        {
            "minimum_order_minor": 4000,
            "benefits": {"advocate": _fixed(2000), "friend": _fixed(2000)},
            "exclusive_group": "boost",
            "priority": 10,
        },
        then="Put your usual rule into the group “boost” too: then only the better one pays, otherwise both do.",
        dates=_until_monday,
    ),
    Recipe(
        "cash-for-partners",
        "Cash for partners",
        "Partners get 20.00 in cash for a friend’s first order of 50.00 or more, within a budget of 1000.00 a month.",
        {
            "minimum_order_minor": 5000,
            "hold_days": 30,
            "benefits": {"advocate": _fixed(2000, words.CASH)},
            "conditions": [{"field": "advocate_segments", "op": "one_of", "value": ["partner"]}],
            "caps": [_A_MONTH | {"scope": "program", "measure": "amount", "limit": 100_000}],
        },
        then="The shop names its partners by the segment “partner”, sent with the customer.",
    ),
]
RECIPES = {recipe.key: recipe for recipe in _ALL}
