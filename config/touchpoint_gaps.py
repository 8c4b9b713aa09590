"""``GET /gaps``: what customers expected of touchpoints against what they met, the most urgent first."""

from datetime import timedelta

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import gaps
from advocacy.api.schema import Call, documented
from advocacy.measures import gaps as measured
from config.of_period import DAYS, OfPeriod, moments
from referrals.api.metrics import Definition

DEFINITION = {"id": "gap", "sentence": gaps.SENTENCE}
QUADRANTS = [("fix_first", "Fix first"), ("keep_up", "Keep up"), ("low_priority", "Low priority")]
QUADRANTS += [("possible_overkill", "Possibly too much")]
NOBODY = (
    "Nobody said both what they expected of a touchpoint and what they met. Send answers of the kinds expectation and "
    "experience by POST /surveys/answers."
)


class _Value(serializers.Serializer):
    pairs = serializers.IntegerField(help_text="People who answered both.")
    value = serializers.FloatField(allow_null=True, help_text="On its scale; negative: expectations were not met.")
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="95 %, low and high.")


class _Before(_Value):
    improved = serializers.BooleanField(help_text="The interval of now lies above the value of then.")


class TouchpointGap(_Value):
    touchpoint = serializers.CharField()
    scale_min = serializers.IntegerField()
    scale_max = serializers.IntegerField()
    expectation = serializers.FloatField(allow_null=True, help_text="The mean of what was expected.")
    experience = serializers.FloatField(allow_null=True, help_text="The mean of what was met.")
    importance = serializers.FloatField(allow_null=True, help_text="The mean, from 0 to 1 of its scale.")
    reach = serializers.FloatField(
        allow_null=True, help_text="Customers whom it met in the period ÷ those whom any touchpoint met."
    )
    priority = serializers.FloatField(
        allow_null=True, help_text="|gap| · importance · reach, where the gap is shown to be unmet."
    )
    quadrant = serializers.ChoiceField(QUADRANTS, allow_blank=True, help_text="Importance against experience.")
    reason = serializers.CharField(allow_blank=True, help_text="Why it is not told or not ranked.")
    previous = _Before(allow_null=True, help_text="With compare: of as many days before.")


class GapsAnswer(serializers.Serializer):
    definition = Definition()
    period = serializers.DictField(child=serializers.DateField())
    time_zone = serializers.CharField()
    segment = serializers.CharField(allow_blank=True)
    gaps = TouchpointGap(many=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is none.")

    example = {
        "definition": DEFINITION,
        "period": {"from": "2026-10-24", "to": "2026-11-22"},
        "time_zone": "Europe/Berlin",
        "segment": "",
        "gaps": [
            {
                "touchpoint": "support-chat",
                "scale_min": 1,
                "scale_max": 7,
                "pairs": 42,
                "expectation": 6.0,
                "experience": 4.5,
                "value": -1.5,
                "interval": [-2.1, -0.9],
                "importance": 0.8,
                "reach": 0.25,
                "priority": 0.3,
                "quadrant": "fix_first",
                "reason": "",
                "previous": None,
            }
        ],
        "reason": "",
    }


def of_days(*, storefront, since, until, segment="", compare=False):
    """Of the storefront's days, both included; with ``compare`` each has ``previous``, of as many days before."""
    found = gaps.of_period(storefront=storefront, segment=segment, **moments(storefront, since, until))
    before = {}
    if compare:
        span = until - since + timedelta(days=1)
        days = moments(storefront, since - span, until - span)
        before = {_key(each): each for each in gaps.of_period(storefront=storefront, segment=segment, **days)}
    return [each | {"previous": _before(before.get(_key(each)), each)} for each in found]


def _key(each):
    return each["touchpoint"], each["scale_min"], each["scale_max"]


def _before(then, now):
    if then is None:
        return None
    old, new = (measured.Gap(each["value"], each["interval"], each["pairs"]) for each in (then, now))
    told = {name: then[name] for name in ("pairs", "value", "interval")}
    return told | {"improved": measured.closed(old, new)}


@documented(
    "Surveys",
    get=Call(
        "Get gaps between expectation and experience",
        GapsAnswer,
        description="By touchpoint and scale, of who said both. Below five people nothing is told. The answers "
        "themselves: `GET /figures/gap.pairs/rows`.",
        also=[
            *DAYS,
            OpenApiParameter("segment", str, description="Of customers who are in this segment now."),
            OpenApiParameter("compare", bool, description="Also of as many days before, and whether it improved."),
        ],
    ),
)
class Gaps(OfPeriod):
    parameters = {"GET": ("from", "to", "segment", "compare")}

    def get(self, request):
        shop, (since, until) = request.storefront, self.days(request)
        segment = request.query_params.get("segment", "")
        found = of_days(storefront=shop, since=since, until=until, segment=segment, compare=self.flag("compare"))
        return Response(
            {
                "definition": DEFINITION,
                "period": {"from": since, "to": until},
                "time_zone": shop.time_zone,
                "segment": segment,
                "gaps": found,
                "reason": "" if found else NOBODY,
            }
        )
