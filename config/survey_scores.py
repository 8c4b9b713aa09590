"""``GET /surveys/scores``: what customers answered in a period, by survey, each with its interval."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import surveys
from advocacy.api.schema import Call, documented
from advocacy.models import SurveyKind
from config.of_period import DAYS, OfPeriod, moments
from referrals.api.metrics import Definition


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
    found = surveys.scores(storefront=storefront, **moments(storefront, since, until))
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
        also=DAYS,
    ),
)
class Scores(OfPeriod):
    def get(self, request):
        shop, (since, until) = request.storefront, self.days(request)
        found = scores(storefront=shop, since=since, until=until)
        return Response(
            {
                "period": {"from": since, "to": until},
                "time_zone": shop.time_zone,
                "scores": found,
                "reason": "" if found else "Nobody answered in the period. Send answers by POST /surveys/answers.",
            }
        )
