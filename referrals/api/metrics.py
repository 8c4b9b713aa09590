"""What programs brought and what customers are worth, to read."""

import re
from datetime import date

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented
from referrals import lifetime_value, metrics

_PERIOD = {"from": "2026-10-24", "to": "2026-11-22"}
_SHOWN = {"view": "calendar", "period": _PERIOD, "time_zone": "Europe/Berlin", "mature": False}
_METRICS = {
    "program": sample("program"),
    **_SHOWN,
    "counted_at": BOUGHT,
    "counts": {"visitors": {"definition": {"id": "visitors", "sentence": metrics.COUNTS["visitors"]}, "value": 100}},
    "revenue": {"definition": {"id": "revenue", "sentence": metrics.REVENUE}, "value": euros(25000)},
    "metrics": {
        "click_to_conversion": {
            "definition": {"id": "click_to_conversion", "sentence": metrics.METRICS["click_to_conversion"].sentence},
            "numerator": 5,
            "denominator": 100,
            "value": 0.05,
            "interval": [0.02154, 0.11175],
            **_SHOWN,
        }
    },
}


class Definition(serializers.Serializer):
    id = serializers.CharField(help_text="Stable.")
    sentence = serializers.CharField(help_text="What it says, for people.")


class Shown(serializers.Serializer):
    view = serializers.CharField(help_text="calendar: everything counts on the day on which it happened.")
    period = serializers.DictField(child=serializers.DateField(), help_text="from and to, both included.")
    time_zone = serializers.CharField(help_text="Whose days these are.")
    mature = serializers.BooleanField(help_text="False while the last day is not over.")


class Rate(Shown):
    definition = Definition()
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="Null without a denominator; may exceed 1.")
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="95 % (Wilson), low and high; null where the value is unknown or no share of a whole.",
    )


class Count(serializers.Serializer):
    definition = Definition()
    value = serializers.IntegerField()


class Revenue(serializers.Serializer):
    definition = Definition()
    value = fields.MoneyAnswer()


class MetricsAnswer(Shown):
    program = serializers.CharField()
    counted_at = serializers.DateTimeField(allow_null=True, help_text="When the newest of these days was counted.")
    counts = serializers.DictField(child=Count(), help_text="By id.")
    revenue = Revenue()
    metrics = serializers.DictField(child=Rate(), help_text="By id.")

    example = _METRICS


class Group(serializers.Serializer):
    customers = serializers.IntegerField(help_text="Old enough for the horizon: in the mean.")
    too_young = serializers.IntegerField(help_text="Left out: their horizon is still open.")
    mean = fields.MoneyAnswer(allow_null=True)


class LifetimeValueAnswer(serializers.Serializer):
    definition = Definition()
    horizon_days = serializers.IntegerField(help_text="Days from a customer's first order.")
    counted_at = serializers.DateTimeField()
    referred = Group()
    others = Group()
    difference = fields.MoneyAnswer(allow_null=True, help_text="Of the means: referred less others.")
    interval = serializers.ListField(
        child=fields.MoneyAnswer(), allow_null=True, help_text="95 % of the difference (Welch), low and high."
    )
    ratio = serializers.FloatField(allow_null=True, help_text="Of the means: referred ÷ others.")
    reason = serializers.CharField(allow_null=True, help_text="Why there is no difference.")


class LifetimeValuesAnswer(serializers.Serializer):
    data = LifetimeValueAnswer(many=True, help_text="One for each horizon; empty until they were first counted.")

    example = {
        "data": [
            {
                "definition": {"id": "lifetime_value", "sentence": lifetime_value.DEFINITION},
                "horizon_days": 90,
                "counted_at": BOUGHT,
                "referred": {"customers": 40, "too_young": 12, "mean": euros(9120)},
                "others": {"customers": 310, "too_young": 85, "mean": euros(7850)},
                "difference": euros(1270),
                "interval": [euros(-115), euros(2655)],
                "ratio": 1.16178,
                "reason": None,
            }
        ]
    }


@documented(
    "Metrics",
    get=Call(
        "Get a program's metrics",
        MetricsAnswer,
        description="Counts and rates of a period, each with its definition, from roll-ups a few seconds old.",
        also=[
            OpenApiParameter("program", str, description="Its id or short name; may be left out if there is only one."),
            OpenApiParameter("from", date, description="The first day; default: 30 days with the last one."),
            OpenApiParameter("to", date, description="The last day, included; default: today."),
        ],
    ),
)
class Metrics(Endpoint):
    parameters = {"GET": ("program", "from", "to")}

    def get(self, request):
        program = programs.named(storefront=request.storefront, name=request.query_params.get("program"))
        since, until = self._day("from"), self._day("to")
        measured = metrics.of_program(program=program, since=since, until=until, at=self.at)
        return Response({"program": ids.encode(ids.PREFIXES["program"], program.public_id)} | measured)

    def _day(self, name):
        text = self.request.query_params.get(name)
        if text is None:
            return None
        try:
            return date.fromisoformat(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)[0])
        except (TypeError, ValueError) as error:
            raise invalid(f"{name} must be a day such as 2026-11-22.") from error


@documented(
    "Metrics",
    get=Call(
        "Get lifetime values",
        LifetimeValuesAnswer,
        description="What customers brought in the days after their first order: those whom a friend referred beside "
        "the others. A difference is no proof of a cause: friends may choose friends who would have bought anyway.",
    ),
)
class LifetimeValues(Endpoint):
    def get(self, request):
        return Response({"data": [_answer(each) for each in lifetime_value.compare(storefront=request.storefront)]})


def _answer(compared):
    def money(amount_minor):
        return None if amount_minor is None else {"amount_minor": amount_minor, "currency": compared["currency"]}

    def group(name):
        counts = dict(compared[name])
        return counts | {"mean": money(counts.pop("mean_minor"))}

    interval = compared["interval_minor"]
    return {
        "definition": {"id": "lifetime_value", "sentence": lifetime_value.DEFINITION},
        "horizon_days": compared["horizon_days"],
        "counted_at": compared["counted_at"],
        "referred": group("referred"),
        "others": group("others"),
        "difference": money(compared["difference_minor"]),
        "interval": interval and [money(end) for end in interval],
        "ratio": compared["ratio"],
        "reason": compared["reason"],
    }
