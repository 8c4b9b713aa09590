"""``GET /surveys/scores``: what customers answered in a period, by survey, each with its interval."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import surveys
from advocacy.api.endpoint import Endpoint
from advocacy.api.schema import Call, documented
from advocacy.models import SurveyKind
from referrals.api.days import day_of
from referrals.api.metrics import Definition
from referrals.growth import spans
from referrals.metrics import periods


class SurveyScore(serializers.Serializer):
    survey = serializers.CharField(allow_blank=True, help_text="Your own id of it; empty where answers name none.")
    kind = serializers.ChoiceField(SurveyKind.choices)
    definition = Definition()
    scale_min = serializers.IntegerField()
    scale_max = serializers.IntegerField()
    answers = serializers.IntegerField()
    value = serializers.FloatField(help_text="Of nps between -100 and 100; of csat a share; of ces on its scale.")
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="95 %, low and high.")


class SurveyScoresAnswer(serializers.Serializer):
    period = serializers.DictField(child=serializers.DateField())
    time_zone = serializers.CharField()
    scores = SurveyScore(many=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is none.")

    example = {
        "period": {"from": "2026-10-24", "to": "2026-11-22"},
        "time_zone": "Europe/Berlin",
        "scores": [
            {
                "survey": "after-delivery",
                "kind": "nps",
                "definition": {"id": "nps", "sentence": surveys.DEFINITIONS["nps"]},
                "scale_min": 0,
                "scale_max": 10,
                "answers": 100,
                "value": 30.0,
                "interval": [14.05, 44.2],
            }
        ],
        "reason": "",
    }


def scores(*, storefront, since, until):
    """Of the storefront's days, both included, each with its definition."""
    start, end = spans.borders(storefront, since, until)
    found = surveys.scores(storefront=storefront, start=start, end=end)
    return [
        each | {"definition": {"id": each["kind"], "sentence": surveys.DEFINITIONS[each["kind"]]}} for each in found
    ]


@documented(
    "Surveys",
    get=Call(
        "Get scores",
        SurveyScoresAnswer,
        description="Net promoter score, satisfaction and effort, by survey and scale, of the answers of a period. The "
        "answers themselves: `GET /figures/survey.answers/rows`.",
        also=[
            OpenApiParameter("from", str, description="The first day; default: 30 days with the last one."),
            OpenApiParameter("to", str, description="The last day, included; default: today."),
        ],
    ),
)
class Scores(Endpoint):
    parameters = {"GET": ("from", "to")}
    declines = {"time_zone": periods.DECLINED_ZONE}

    def get(self, request):
        shop = request.storefront
        period = {"since": day_of(request, "from"), "until": day_of(request, "to")}
        since, until = periods.days_of(storefront=shop, **period, at=self.at)
        found = scores(storefront=shop, since=since, until=until)
        return Response(
            {
                "period": {"from": since, "to": until},
                "time_zone": shop.time_zone,
                "scores": found,
                "reason": "" if found else "Nobody answered in the period. Send answers by POST /surveys/answers.",
            }
        )
