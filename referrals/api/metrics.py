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
from advocacy.api.lists import invalid, page_of, parameters_of
from advocacy.api.schema import Call, documented, path_parameters
from referrals import metrics

_PERIOD = {"from": "2026-10-24", "to": "2026-11-22"}
_SHOWN = {"view": "calendar", "period": _PERIOD, "time_zone": "Europe/Berlin", "mature": False}
_UNGROUPED = {"group_by": None, "groups": [], "groups_left_out": 0}
_METRICS = {
    "program": sample("program"),
    **_SHOWN,
    "counted_at": BOUGHT,
    "counts": {"visitors": {"definition": {"id": "visitors", "sentence": metrics.COUNTS["visitors"]}, "value": 100}},
    "revenue": {"definition": {"id": "revenue", "sentence": metrics.REVENUE}, "value": euros(25000), "left_out": 0},
    "metrics": {
        "click_to_conversion": {
            "definition": {"id": "click_to_conversion", "sentence": metrics.METRICS["click_to_conversion"].sentence},
            "numerator": 5,
            "denominator": 100,
            "value": 0.05,
            "interval": [0.02154, 0.11175],
            "reason": None,
            "unit": "share",
            "p90": None,
            "previous": None,
            "change": None,
            **_SHOWN,
        }
    },
    **_UNGROUPED,
}


class Definition(serializers.Serializer):
    id = serializers.CharField(help_text="Stable.")
    sentence = serializers.CharField(help_text="What it says, for people.")


class Shown(serializers.Serializer):
    view = serializers.CharField(help_text="calendar: everything counts on the day on which it happened.")
    period = serializers.DictField(child=serializers.DateField(), help_text="from and to, both included.")
    time_zone = serializers.CharField(help_text="Whose days these are.")
    mature = serializers.BooleanField(help_text="False while the last day is not over.")


class Ends(serializers.Serializer):
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True, help_text="Null without a denominator; may exceed 1.")
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="95 % (Wilson), low and high; null where the value is unknown or no share of a whole.",
    )


class Before(Ends):
    period = serializers.DictField(child=serializers.DateField(), help_text="From and to, both included.")


class Rate(Shown, Ends):
    definition = Definition()
    reason = serializers.CharField(allow_null=True, help_text="Why there is no value, or no interval.")
    unit = serializers.CharField(help_text="Of the value: share, or hours.")
    p90 = serializers.FloatField(allow_null=True, help_text="Of a time: the 90th percentile.")
    previous = Before(allow_null=True, help_text="With compare: of the period of the same length before.")
    change = serializers.FloatField(allow_null=True, help_text="With compare: value less previous.")


class GroupName(serializers.Serializer):
    key = serializers.CharField(help_text="A channel, a segment, an id, or the first day; names it to /rows.")
    label = serializers.CharField(help_text="For people.")


class GroupOfRates(serializers.Serializer):
    group = GroupName()
    metrics = serializers.DictField(child=Rate(), help_text="By id.")


class GroupOfOne(Rate):
    group = GroupName()


class Grouped(serializers.Serializer):
    group_by = serializers.CharField(allow_null=True)
    groups_left_out = serializers.IntegerField(
        help_text="Of channels, links, advocates or segments the 100 largest are shown: how many more."
    )


class Count(serializers.Serializer):
    definition = Definition()
    value = serializers.IntegerField(
        allow_null=True, help_text="Null for clicks that were deleted before they were counted."
    )


class Elsewhere(serializers.Serializer):
    """What is left out of numbers in the storefront's currency."""

    customers = serializers.IntegerField(help_text="Paid in other currencies alone: left out.")
    orders = serializers.IntegerField(help_text="In other currencies: left out.")


class Revenue(serializers.Serializer):
    definition = Definition()
    value = fields.MoneyAnswer()
    left_out = serializers.IntegerField(help_text="Of the conversions, those in other currencies: not in the value.")


class MetricsAnswer(Shown, Grouped):
    program = serializers.CharField()
    counted_at = serializers.DateTimeField(allow_null=True, help_text="When the newest of these days was counted.")
    counts = serializers.DictField(child=Count(), help_text="By id.")
    revenue = Revenue()
    metrics = serializers.DictField(child=Rate(), help_text="By id.")
    groups = GroupOfRates(many=True, help_text="With group_by.")

    example = _METRICS


class MetricAnswer(Rate, Grouped):
    groups = GroupOfOne(many=True, help_text="With group_by.")

    example = _METRICS["metrics"]["click_to_conversion"] | _UNGROUPED


class RowOfNumber(serializers.Serializer):
    id = serializers.CharField()
    number = serializers.IntegerField(help_text="How much of the number it is: 1, but for links more.")


class RowsAnswer(serializers.Serializer):
    kind = serializers.CharField(help_text="What the rows are: referral, order, advocate or link.")
    number = serializers.IntegerField(help_text="Of all rows together: the numerator or denominator.")
    data = RowOfNumber(many=True)
    next_cursor = serializers.CharField(allow_null=True)

    example = {
        "kind": "referral",
        "number": 5,
        "data": [{"id": sample("referral"), "number": 1}],
        "next_cursor": None,
    }


_PROGRAM = OpenApiParameter("program", str, description="Its id or short name; may be left out if there is only one.")
_ASKED = [
    _PROGRAM,
    OpenApiParameter("from", date, description="The first day; default: 30 days with the last one."),
    OpenApiParameter("to", date, description="The last day, included; default: today."),
    OpenApiParameter(
        "group_by", {"type": "string", "enum": list(metrics.GROUPS)}, description="Adds `groups`, each with its rates."
    ),
    OpenApiParameter(
        "time_zone",
        str,
        description="An IANA name: whose days these are. Default: the storefront's. Days of another are counted while "
        "you wait, 92 at most.",
    ),
    OpenApiParameter(
        "view",
        {"type": "string", "enum": list(metrics.VIEWS)},
        description="calendar: everything counts on its own day. cohort: on the day of the step before, until now.",
    ),
]
_SIDE = OpenApiParameter("side", {"type": "string", "enum": list(metrics.SIDES)}, description="Default: numerator.")
COMPARE = OpenApiParameter(
    "compare", {"type": "string", "enum": ["true", "false"]}, description="Beside each rate that of the period before."
)


class _OfProgram(Endpoint):
    """Takes a program and a period, as all metrics do."""

    def program(self):
        return programs.named(storefront=self.request.storefront, name=self.request.query_params.get("program"))

    def options(self):
        asked = {"since": self._day("from"), "until": self._day("to"), "at": self.at}
        given = ("group_by", "time_zone", "view")
        asked |= {name: self.request.query_params[name] for name in given if name in self.request.query_params}
        return asked

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
        "Get a program's metrics",
        MetricsAnswer,
        description="Counts and rates of a period, each with its definition, from roll-ups a few seconds old.",
        also=[*_ASKED, COMPARE],
    ),
)
class Metrics(_OfProgram):
    parameters = {"GET": ("program", "from", "to", "group_by", "time_zone", "view", "compare")}

    def get(self, request):
        program = self.program()
        measured = metrics.of_program(program=program, compare=self.flag("compare"), **self.options())
        return Response({"program": ids.encode(ids.PREFIXES["program"], program.public_id)} | measured)


@documented(
    "Metrics",
    get=Call(
        "Get a metric",
        MetricAnswer,
        description="One of a program's rates, also by day, week or month, or by channel, link, advocate or segment.",
        also=[*path_parameters("metric"), *_ASKED, COMPARE],
    ),
)
class OneMetric(_OfProgram):
    parameters = Metrics.parameters

    def get(self, request, metric):
        told = metrics.one(metric, program=self.program(), compare=self.flag("compare"), **self.options())
        return Response(told)


@documented(
    "Metrics",
    get=Call(
        "Explain a metric",
        RowsAnswer,
        description="The referrals, orders, advocates or links that a metric's numerator or denominator counts. Asked "
        "with the same parameters it is the same number. A visitor of several links came by the first of them.",
        also=[
            *path_parameters("metric"),
            *_ASKED,
            OpenApiParameter(
                "side", {"type": "string", "enum": list(metrics.SIDES)}, description="Default: numerator."
            ),
            OpenApiParameter("key", str, description="With group_by: the group, by its `key`."),
            *parameters_of({}),
        ],
    ),
)
class RowsOfMetric(_OfProgram):
    parameters = {"GET": ("program", "from", "to", "group_by", "time_zone", "view", "side", "key", "limit", "cursor")}

    def get(self, request, metric):
        asked = {name: request.query_params[name] for name in ("side", "key") if name in request.query_params}
        found = metrics.behind(metric, program=self.program(), **self.options(), **asked)
        page, cursor = page_of(found.rows, found.rows, request.query_params)
        kind = found.model._meta.model_name
        numbers = found.numbers or {}
        data = [{"id": ids.encode(ids.PREFIXES[kind], row.public_id), "number": numbers.get(row.pk, 1)} for row in page]
        return Response({"kind": kind, "number": found.count, "data": data, "next_cursor": cursor})
