"""Which customers come back, to read."""

import re
from datetime import date

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import euros
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented
from referrals import buyers, cohorts
from referrals.api.metrics import Definition, Elsewhere
from referrals.metrics import periods

_EXAMPLE = {
    "definition": {"id": "retention", "sentence": cohorts.RETENTION},
    "time_zone": "Europe/Berlin",
    "period": {"from": "2026-10", "to": "2026-11"},
    "repeat_rate": {
        "definition": {"id": "repeat_rate", "sentence": cohorts.REPEAT_RATE},
        "numerator": 81,
        "denominator": 263,
        "value": 0.30798,
        "interval": [0.25529, 0.36621],
        "period": {"from": "2026-10-01", "to": "2026-10-31"},
        "time_zone": "Europe/Berlin",
        "mature": True,
        "reason": None,
    },
    "cohorts": [
        {
            "month": "2026-10",
            "size": 100,
            "months": [
                {
                    "age": 0,
                    "active": 100,
                    "retention": 1.0,
                    "interval": [0.96301, 1.0],
                    "kept": euros(520000),
                    "mature": True,
                },
                {
                    "age": 1,
                    "active": 5,
                    "retention": 0.05,
                    "interval": [0.02154, 0.11175],
                    "kept": euros(24000),
                    "mature": False,
                },
            ],
        }
    ],
    "left_out": {"rejected": 0, "began_before": 0},
    "elsewhere": {"customers": 0, "orders": 0},
    "reason": None,
}


class RepeatRate(serializers.Serializer):
    definition = Definition()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="95 % (Wilson).")
    period = serializers.DictField(child=serializers.DateField(), help_text="from and to, both included.")
    time_zone = serializers.CharField()
    mature = serializers.BooleanField(help_text="False while the last day is not over.")
    reason = serializers.CharField(allow_null=True, help_text="Why the value is null.")


class Month(serializers.Serializer):
    age = serializers.IntegerField(help_text="Months since the cohort's own, which is 0.")
    active = serializers.IntegerField(help_text="Customers of the cohort who ordered in the month.")
    retention = serializers.FloatField(help_text="active ÷ the cohort's size.")
    interval = serializers.ListField(child=serializers.FloatField(), help_text="95 % (Wilson), low and high.")
    kept = fields.MoneyAnswer(help_text="Revenue of their orders in the month, less refunds.")
    mature = serializers.BooleanField(help_text="False for the month that is not over.")


class Cohort(serializers.Serializer):
    month = serializers.CharField(help_text="That of the first order, such as 2026-11.")
    size = serializers.IntegerField(help_text="Customers whose first order was in it.")
    months = Month(many=True, help_text="From its own to the present one.")


class LeftOut(serializers.Serializer):
    rejected = serializers.IntegerField(help_text="Friends of whom a review rejected everything.")
    began_before = serializers.IntegerField(help_text="Who had ordered before anything was known here.")


class CohortsAnswer(serializers.Serializer):
    definition = Definition()
    time_zone = serializers.CharField(help_text="Whose months these are.")
    period = serializers.DictField(child=serializers.CharField(), help_text="from and to, both included.")
    repeat_rate = RepeatRate(help_text="Of all customers, in the last of these months that is over.")
    cohorts = Cohort(many=True)
    left_out = LeftOut(help_text="Customers who began in these months and are in no cohort.")
    elsewhere = Elsewhere()
    reason = serializers.CharField(allow_null=True, help_text="Why there are none.")

    example = _EXAMPLE


@documented(
    "Metrics",
    get=Call(
        "Get cohorts",
        CohortsAnswer,
        description="Customers by the month of their first order, and who of them ordered in each month since then: of "
        "everybody, or of one part of the customers.",
        also=[
            OpenApiParameter("from", str, description="The first month, such as 2025-12; default: 24 with the last."),
            OpenApiParameter("to", str, description="The last month; default: the present one."),
            OpenApiParameter("cut", str, enum=cohorts.CUTS, description="Only of a part, which key names."),
            OpenApiParameter("key", str, description="referred or other, a channel, or a program's id."),
        ],
    ),
)
class Cohorts(Endpoint):
    parameters = {"GET": ("from", "to", "cut", "key")}
    declines = {"time_zone": periods.DECLINED_ZONE, "compare": periods.DECLINED_COMPARE}

    def get(self, request):
        cut, key = (request.query_params.get(name) for name in ("cut", "key"))
        since, until = self._month("from"), self._month("to")
        found = cohorts.triangle(storefront=request.storefront, at=self.at, cut=cut, key=key, since=since, until=until)
        return Response(_answer(found) | {"elsewhere": buyers.elsewhere(storefront=request.storefront)})

    def _month(self, name):
        text = self.request.query_params.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text, re.ASCII):
            raise invalid(f"{name} must be a month from 2000 on, such as 2026-11.")
        return date.fromisoformat(f"{text}-01")


def _answer(found):
    currency = found.pop("currency")
    for each in found["cohorts"]:
        for month in each["months"]:
            month["kept"] = {"amount_minor": month.pop("kept_minor"), "currency": currency}
    return {"definition": {"id": "retention", "sentence": cohorts.RETENTION}} | found
