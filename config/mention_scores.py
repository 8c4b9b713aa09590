"""``GET /mentions/scores``: what is said of brands in public, in a period."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import mentions
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented
from config.of_period import DAYS, OfPeriod, moments
from referrals.api.metrics import Definition

MOST_BRANDS = 50
_DEFINITIONS = [{"id": name, "sentence": sentence} for name, sentence in mentions.DEFINITIONS.items()]


class BrandScore(serializers.Serializer):
    brand = serializers.CharField()
    mentions = serializers.IntegerField()
    positive = serializers.IntegerField()
    negative = serializers.IntegerField()
    net_sentiment = serializers.FloatField(allow_null=True, help_text="From -1 to 1; null where none is either.")
    share_of_voice = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="Of the share, 95 %, low and high."
    )


class MentionScoresAnswer(serializers.Serializer):
    definitions = Definition(many=True)
    period = serializers.DictField(child=serializers.DateField())
    time_zone = serializers.CharField()
    panel = serializers.ListField(child=serializers.CharField(), help_text="Brands that were asked for; empty: all.")
    brands = BrandScore(many=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is none.")

    example = {
        "definitions": _DEFINITIONS,
        "period": {"from": "2026-10-24", "to": "2026-11-22"},
        "time_zone": "Europe/Berlin",
        "panel": ["acme", "rival"],
        "brands": [
            {
                "brand": "acme",
                "mentions": 40,
                "positive": 18,
                "negative": 6,
                "net_sentiment": 0.5,
                "share_of_voice": 0.4,
                "interval": [0.30933, 0.49801],
            }
        ],
        "reason": "",
    }


def of_days(*, storefront, since, until, panel=()):
    """Of the storefront's days, both included."""
    return mentions.scores(storefront=storefront, panel=panel, **moments(storefront, since, until))


@documented(
    "Mentions",
    get=Call(
        "Get what is said of brands",
        MentionScoresAnswer,
        description="Net sentiment and share of voice. The mentions themselves: `GET /figures/mentions/rows`.",
        also=[
            *DAYS,
            OpenApiParameter("panel", str, description="Brands, separated by commas, to compare; default: all."),
        ],
    ),
)
class MentionScores(OfPeriod):
    parameters = {"GET": ("from", "to", "panel")}

    def get(self, request):
        shop, (since, until), panel = request.storefront, self.days(request), _panel(request)
        found = of_days(storefront=shop, since=since, until=until, panel=panel)
        return Response(
            {
                "definitions": _DEFINITIONS,
                "period": {"from": since, "to": until},
                "time_zone": shop.time_zone,
                "panel": panel,
                "brands": found,
                "reason": "" if found else "Nothing was said in the period. Send mentions by PUT /mentions.",
            }
        )


def _panel(request):
    named = [name.strip() for name in request.query_params.get("panel", "").split(",") if name.strip()]
    if len(named) > MOST_BRANDS:
        raise invalid(f"panel takes at most {MOST_BRANDS} brands.")
    return list(dict.fromkeys(named))
