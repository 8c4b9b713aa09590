"""What customers are worth, to read."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros
from advocacy.api.schema import Call, documented
from referrals import buyers, lifetime_value
from referrals.api.metrics import Definition, Elsewhere
from referrals.metrics import periods

_EXAMPLE = {
    "data": [
        {
            "definition": {"id": "lifetime_value", "sentence": lifetime_value.DEFINITION},
            "horizon_days": 90,
            "counted_at": BOUGHT,
            "referred": {
                "customers": 40,
                "too_young": 12,
                "mean": euros(9120),
                "ordered_again": 14,
                "repeat_rate": 0.35,
                "repeat_interval": [0.22126, 0.50486],
            },
            "others": {
                "customers": 310,
                "too_young": 85,
                "mean": euros(7850),
                "ordered_again": 93,
                "repeat_rate": 0.3,
                "repeat_interval": [0.25171, 0.35318],
            },
            "rejected": 3,
            "began_before": 0,
            "difference": euros(1270),
            "interval": [euros(-115), euros(2655)],
            "ratio": 1.16178,
            "reason": None,
            "matched": {
                "definition": {"id": "lifetime_value_matched", "sentence": lifetime_value.MATCHED},
                "difference": euros(910),
                "interval": [euros(-480), euros(2300)],
                "strata": 21,
                "dropped": 44,
                "reason": None,
            },
        }
    ],
    "curve": {
        "definition": {"id": "lifetime_value_curve", "sentence": lifetime_value.CURVE},
        "lines": [
            {
                "key": "referred",
                "name": "brought by a friend",
                "points": [{"month": 0, "customers": 44, "mean": euros(5400)}],
            }
        ],
    },
    "margin": None,
    "cut": None,
    "compared_with": None,
    "parts": [],
    "left_off": 0,
    "elsewhere": {"customers": 0, "orders": 0},
}

_LOW_AND_HIGH = "95 % of the difference, low and high."


class Group(serializers.Serializer):
    customers = serializers.IntegerField(help_text="Old enough for the horizon: in the mean.")
    too_young = serializers.IntegerField(help_text="Left out: their horizon is still open.")
    mean = fields.MoneyAnswer(allow_null=True)
    ordered_again = serializers.IntegerField(help_text="Of the customers, those with two orders or more by then.")
    repeat_rate = serializers.FloatField(allow_null=True, help_text="ordered_again ÷ customers.")
    repeat_interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="95 % of it (Wilson), low and high."
    )


class Matched(serializers.Serializer):
    definition = Definition()
    difference = fields.MoneyAnswer(allow_null=True)
    interval = serializers.ListField(child=fields.MoneyAnswer(), allow_null=True, help_text=_LOW_AND_HIGH)
    strata = serializers.IntegerField(help_text="Kinds of customers (month, revenue, segment) with both sides.")
    dropped = serializers.IntegerField(help_text="Customers of kinds with one side only: left out.")
    reason = serializers.CharField(allow_null=True, help_text="Why something is null.")


class Compared(serializers.Serializer):
    definition = Definition()
    horizon_days = serializers.IntegerField(help_text="Days from a customer's first order.")
    counted_at = serializers.DateTimeField(help_text="Up to when everything is counted.")
    others = Group()
    difference = fields.MoneyAnswer(allow_null=True, help_text="Of the means, less that of the others.")
    interval = serializers.ListField(child=fields.MoneyAnswer(), allow_null=True, help_text=f"{_LOW_AND_HIGH} Welch’s.")
    ratio = serializers.FloatField(allow_null=True, help_text="Of the means, by that of the others.")
    matched = Matched()
    reason = serializers.CharField(allow_null=True, help_text="Why something is null.")


class LifetimeValueAnswer(Compared):
    referred = Group()
    rejected = serializers.IntegerField(help_text="Friends of whom a review rejected everything: on neither side.")
    began_before = serializers.IntegerField(
        help_text="Who had ordered before anything was known here (`orders_before`): on neither side."
    )


class PartValue(Compared):
    group = Group(help_text="The part's own customers; see compared_with.")


class Part(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    values = PartValue(many=True)


class Point(serializers.Serializer):
    month = serializers.IntegerField(help_text="Months since that of the first order, which is 0.")
    customers = serializers.IntegerField(help_text="Of whom that month is over.")
    mean = fields.MoneyAnswer()


class Line(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    points = Point(many=True)


class Curve(serializers.Serializer):
    definition = Definition()
    lines = Line(many=True, help_text="Referred and other customers; of the cuts channel and program, those.")


class LifetimeValuesAnswer(serializers.Serializer):
    data = LifetimeValueAnswer(many=True, help_text="All customers: one for each horizon.")
    curve = Curve()
    margin = serializers.FloatField(
        allow_null=True, help_text="The storefront's: by it all values are multiplied. Null: they are revenue."
    )
    cut = serializers.CharField(allow_null=True)
    compared_with = serializers.CharField(allow_null=True, help_text="Who group and others of each part are.")
    parts = Part(many=True, help_text="Empty without a cut.")
    left_off = serializers.IntegerField(help_text="So many smaller parts are not shown.")
    elsewhere = Elsewhere()

    example = _EXAMPLE


@documented(
    "Metrics",
    get=Call(
        "Get lifetime values",
        LifetimeValuesAnswer,
        description="What customers brought in the days after their first order: those whom a friend referred beside "
        "the others, as they are and among those who began alike. A difference is no proof of a cause: friends may "
        "choose friends who would have bought anyway.",
        also=[
            OpenApiParameter("cut", str, enum=lifetime_value.CUTS, description="Also by this, a part each."),
            OpenApiParameter(
                "key",
                str,
                description="Only this part: a channel, a segment, a month such as 2026-11, an id or short name of a "
                "program; of an advocate the id, which cut=advocate needs.",
            ),
        ],
    ),
)
class LifetimeValues(Endpoint):
    parameters = {"GET": ("cut", "key")}
    declines = {"time_zone": periods.DECLINED_ZONE, "compare": periods.DECLINED_COMPARE}

    def get(self, request):
        asked = {"storefront": request.storefront, "at": self.at}
        cut, key = (request.query_params.get(name) for name in ("cut", "key"))
        told = _answer(lifetime_value.answer(**asked, cut=cut, key=key), request.storefront.currency)
        return Response(told | {"elsewhere": buyers.elsewhere(storefront=request.storefront)})


def _answer(said, currency):
    def money(amount_minor):
        return None if amount_minor is None else {"amount_minor": amount_minor, "currency": currency}

    def shown(value):
        """With money in place of minor units."""
        if isinstance(value, list):
            return [shown(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name.removesuffix("_minor"): _each(money, inner) if name.endswith("_minor") else shown(inner)
            for name, inner in value.items()
            if name != "currency"
        }

    return shown(said)


def _each(money, amounts):
    return [money(amount) for amount in amounts] if isinstance(amounts, list) else money(amounts)
