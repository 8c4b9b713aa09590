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
from referrals import metrics

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
