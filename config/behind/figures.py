"""The registry: of every figure that is shown, by its id, which rows it is made of, and why each counts."""

from advocacy.models import Advocate, Answer, Customer, Mention
from advocacy.refusals import NotFound
from config.behind import answers, costs, counts, values
from config.behind.asked import refused
from config.behind.expected import EXPECTED, TREES
from config.behind.figure import Figure, whole
from referrals.metrics import COHORTS, COUNTS, METRICS, SIDES
from referrals.models import Buyer, ChannelCost, Conversion, CostOf, Invitation, Link, Order, Referral, Share
from rewards.models import Reward

# Of a program's period: each may be a group of it, in another zone, in another view.
_METRIC = ("group_by", "key", "time_zone", "view")
_CUT = ("cut", "key")


_OF = {
    "clicks": Link,
    "visitors": Link,
    **dict.fromkeys(("shown", "sharers", "active", "advocates", "advocates_enrolled"), Advocate),
    **dict.fromkeys(("conversions", "refunded_conversions", "rejected_conversions"), Conversion),
    **dict.fromkeys(("orders", "referred_orders", "new_customers", "referred_new_customers"), Order),
}
_COUNTED = {
    name: Figure(_OF.get(name, Referral), name.replace("_", " "), why, counts.count(name), _METRIC)
    for name, why in (COUNTS | COHORTS).items()
}
# Of 30 days, or timed: their ends are no count of the period itself.
_ENDS = {
    f"{metric.id}.{side}": Figure(
        _OF.get(getattr(metric, side), Referral),
        f"{side} of {metric.id.replace('_', ' ')}",
        COUNTS.get(getattr(metric, side), metric.sentence),
        counts.end(metric.id, side),
        _METRIC,
    )
    for metric in METRICS.values()
    for side in SIDES
}
_SHARED = "An advocate shared a link in the period."
_BEGAN = "Their first order is at least so many days old; the amount is what their orders brought within them."
_ALIKE = "Somebody of the other side began alike: in the same month, about the same revenue, in the same segment."

FIGURES = {
    **_COUNTED,
    **_ENDS,
    "revenue": Figure(
        Conversion,
        "revenue by friends",
        "Paid by a friend in the period, neither rejected nor wholly refunded; the amount is what was kept of it.",
        counts.revenue,
        _METRIC,
    ),
    "k.shares": Figure(Share, "shares", _SHARED, counts.shares),
    "k.invitations": Figure(
        Invitation, "invitations", "An advocate invited an address in the period.", counts.invitations
    ),
    "k_of_cohort.advocates": Figure(
        Advocate,
        "advocates of the cohort",
        "Joined so many days before the period, which are over.",
        counts.of_cohort("advocates"),
        ("within_days",),
    ),
    "k_of_cohort.friends": Figure(
        Referral,
        "friends of the cohort",
        "Bought within so many days of their advocate’s enrolment.",
        counts.of_cohort("friends"),
        ("within_days",),
    ),
    "share_by_channel": Figure(Share, "shares of a channel", _SHARED, counts.shares, ("key",)),
    "share_by_channel.advocates": Figure(
        Advocate, "advocates who shared by a channel", _SHARED, counts.sharers, ("key",)
    ),
    "hours.orders": Figure(
        Conversion,
        "orders by friends in an hour",
        "Paid in this hour of the weekday, in the 90 days before the night’s count.",
        counts.of_hour,
        ("weekday", "hour"),
        dated=False,
    ),
    "products.friends": Figure(
        Order,
        "orders by friends of a product",
        "Names the product, and is of the 90 days before the night’s count; the amount is its pieces.",
        counts.of_product(friends=True),
        ("key",),
        dated=False,
    ),
    "products.others": Figure(
        Order,
        "orders by others of a product",
        "Names the product, and is of the 90 days before the night’s count; the amount is its pieces.",
        counts.of_product(friends=False),
        ("key",),
        dated=False,
    ),
    **TREES,
    "lifetime_value.referred": whole(Buyer, "customers brought by a friend", _BEGAN, values.value(0), ("days", *_CUT)),
    "lifetime_value.others": whole(Buyer, "other customers", _BEGAN, values.value(1), ("days", *_CUT)),
    "lifetime_value.referred_again": whole(
        Buyer,
        "customers brought who ordered again",
        "Ordered twice or more within the days.",
        values.value(0, again=True),
        ("days", *_CUT),
    ),
    "lifetime_value.others_again": whole(
        Buyer,
        "other customers who ordered again",
        "Ordered twice or more within the days.",
        values.value(1, again=True),
        ("days", *_CUT),
    ),
    "lifetime_value.too_young": whole(
        Buyer,
        "customers who are too young",
        "Their first order is not so many days old.",
        values.too_young,
        ("days", *_CUT),
    ),
    "lifetime_value.matched_referred": whole(
        Buyer, "customers brought who have a counterpart", _ALIKE, values.matched(0), ("days", *_CUT)
    ),
    "lifetime_value.matched_others": whole(
        Buyer,
        "counterparts of customers brought",
        f"{_ALIKE} Each weighs so much that of every kind there are as many as were brought.",
        values.matched(1),
        ("days", *_CUT),
    ),
    "lifetime_value_curve": whole(
        Buyer,
        "customers who reached a month",
        "That month since their first order is over; the amount is what they had brought by its end.",
        values.curve,
        ("age", *_CUT),
    ),
    "cohort.active": whole(
        Buyer,
        "customers of a cohort who ordered",
        "Their first order is of the cohort’s month, and they ordered so many months later.",
        values.cohort(kept=False),
        ("month", "age", *_CUT),
    ),
    "cohort.kept": whole(
        Buyer,
        "revenue of a cohort",
        "Their first order is of the cohort’s month; the amount is what was kept of the orders so many months later.",
        values.cohort(kept=True),
        ("month", "age", *_CUT),
    ),
    "gap.pairs": whole(
        Answer,
        "what was met at a touchpoint",
        "Experienced in the period by who had told what they expected; the amount is experience − expectation.",
        answers.paired,
        ("key", "cut"),
        dated=True,
    ),
    "mentions": whole(
        Mention, "mentions of a brand", "Said in public in the period.", answers.mentions, ("key",), dated=True
    ),
    "survey.answers": whole(Answer, "answers to surveys", "Answered in the period.", answers.answers, _CUT, dated=True),
    "repeat_rate.denominator": whole(
        Customer, "customers of a period", "Ordered in the period.", values.repeating(again=False), dated=True
    ),
    "repeat_rate.numerator": whole(
        Customer,
        "customers who ordered twice",
        "Ordered twice or more in the period.",
        values.repeating(again=True),
        dated=True,
    ),
    "earned_growth_rate.returning": whole(
        Buyer,
        "revenue of who was here before",
        "Brought in the last 12 months that are over.",
        values.earned("returning"),
    ),
    "earned_growth_rate.earned": whole(
        Buyer, "revenue of who came by a friend", "New in the last 12 months that are over.", values.earned("earned")
    ),
    "earned_growth_rate.last_year": whole(
        Buyer, "revenue of the year before", "Brought in the 12 months before the last 12.", values.earned("last_year")
    ),
    "cost.advocate_rewards": Figure(
        Reward, "rewards of advocates", "Credited for what happened in the period.", costs.given("advocate")
    ),
    "cost.friend_incentives": Figure(
        Reward, "rewards of friends", "Credited for what happened in the period.", costs.given("friend")
    ),
    "cost.program_cost": Figure(
        ChannelCost,
        "other costs of the program",
        "Noted for the channel referral; it weighs as much as of its days are in the period, and is the program’s.",
        costs.noted(CostOf.REFERRAL),
    ),
    "cost.payout_fees": Figure(
        ChannelCost,
        "fees of payouts",
        "Noted as payout_fees; it weighs as much as of its days are in the period, and is the program’s.",
        costs.noted(CostOf.PAYOUT_FEES),
    ),
    "roi.revenue": Figure(
        Conversion,
        "revenue by friends, in all currencies",
        "Paid by a friend in the period, neither rejected nor wholly refunded; the amount is what was kept of it.",
        counts.revenue_of_all_currencies,
    ),
    "liability.pending": Figure(
        Reward, "rewards on the way", "Granted and not credited yet.", costs.owed("pending"), dated=False
    ),
    "liability.available": Figure(
        Reward,
        "rewards credited, not spent",
        "Credited, and neither spent nor paid out.",
        costs.owed("available"),
        dated=False,
    ),
    **{
        f"liability_forecast.{name}": Figure(
            Reward,
            f"rewards {name}, of those decided",
            "Its hold ended in the last 365 days, and nothing of it is pending.",
            costs.decided(name),
            dated=False,
        )
        for name in ("granted", "credited")
    },
    "breakage.expired": Figure(
        Reward, "rewards expired", "Its hold ended in the last 365 days.", costs.decided("expired"), dated=False
    ),
    "channel_return.revenue": whole(
        Buyer,
        "revenue of a channel",
        "Acquired by the channel; the amount is of the months in which it cost something, of the last 24.",
        costs.channel_revenue,
        ("key",),
    ),
    "channel_return.cost": whole(
        ChannelCost, "noted costs of a channel", "Noted for one of the last 24 months.", costs.channel_cost, ("key",)
    ),
    "channel_return.rewards": whole(
        Reward,
        "rewards of the channel referral",
        "Credited for what happened in the last 24 months.",
        costs.channel_rewards,
    ),
    **EXPECTED,
}


def named(name):
    """The figure of this id; NotFound for what is none."""
    if name not in FIGURES:
        raise NotFound("unknown_figure", f"There is no figure {name[:60]!a}; GET /figures lists them.")
    return FIGURES[name]


def beside(name):
    """The ids of the figures that make up the same number with it, and are named by the same parameters."""
    family, takes_of = name.rpartition(".")[0], FIGURES[name].takes
    return [other for other in FIGURES if family and other != name and _of(other, family, takes_of)]


def _of(name, family, takes_of):
    return name.rpartition(".")[0] == family and FIGURES[name].takes == takes_of


def takes(figure):
    """All parameters by which such a figure is named."""
    return (*(("program",) if figure.of_program else ()), *(("from", "to") if figure.dated else ()), *figure.takes)


def check(name, figure, given):
    """Refuses parameters that the figure does not take: they would look as if they had narrowed it."""
    for each in given:
        if each not in takes(figure):
            raise refused(each, f"{name} takes no {each}; it takes: {', '.join(takes(figure)) or 'nothing'}.")
