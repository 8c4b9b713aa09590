"""The endpoints of what a program costs, and of what channels return."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import programs
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented
from config import channel_returns, program_money
from config.money_intervals import INTERVAL
from referrals.api.days import day_of
from referrals.api.metrics import COMPARE, Definition, Elsewhere
from referrals.metrics.periods import DECLINED_COMPARE, DECLINED_ZONE

_PERIOD = {"from": "2026-10-24", "to": "2026-11-22"}


class Amount(serializers.Serializer):
    definition = Definition()
    value = serializers.IntegerField(
        allow_null=True, help_text="Minor units of the answer's currency; null where nothing is recorded of it."
    )


class Figure(serializers.Serializer):
    definition = Definition()
    numerator = serializers.IntegerField(allow_null=True, help_text="Null where a rate is missing.")
    denominator = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is no value.")


class Ratio(Figure):
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text=f"95 %, low and high. {INTERVAL}"
    )


class Cac(Figure):
    interval = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text=f"95 %, low and high. {INTERVAL}"
    )
    value = serializers.IntegerField(allow_null=True, help_text="Minor units of the answer's currency.")


class Liability(serializers.Serializer):
    definition = Definition()
    pending = serializers.IntegerField(allow_null=True)
    available = serializers.IntegerField(allow_null=True)
    value = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class LiabilityForecast(serializers.Serializer):
    definition = Definition()
    value = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class EarnedGrowth(serializers.Serializer):
    definition = Definition()
    returning = serializers.IntegerField()
    earned = serializers.IntegerField()
    last_year = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="A share: 0.1 is 10 %.")
    reason = serializers.CharField(allow_blank=True)


def _figure(name, sentence, numerator, denominator, value, *, interval=None):
    told = {"definition": {"id": name, "sentence": sentence}, "numerator": numerator, "denominator": denominator}
    return told | {"value": value, "reason": ""} | ({"interval": interval} if interval else {})


class PreviousMoney(serializers.Serializer):
    period = serializers.DictField(child=serializers.DateField())
    cost = serializers.DictField(child=Amount())
    cac = Cac()
    earnings_per_click = Cac()
    roi = Ratio()


class ProgramMoneyAnswer(serializers.Serializer):
    program = serializers.CharField()
    period = serializers.DictField(child=serializers.DateField())
    time_zone = serializers.CharField()
    currency = serializers.CharField(help_text="Of all amounts.")
    mature = serializers.BooleanField(help_text="False while the last day is not over.")
    margin = serializers.FloatField(
        allow_null=True, help_text="The storefront's: so much of revenue is a return. Null: all of it."
    )
    cost = serializers.DictField(child=Amount(), help_text="By kind.")
    cac = Cac()
    earnings_per_click = Cac()
    roi = Ratio()
    liability = Liability()
    forecast = LiabilityForecast()
    breakage = Figure()
    earned_growth_rate = EarnedGrowth(help_text="Of the whole storefront, in its own currency.")
    converted = serializers.ListField(
        child=serializers.DictField(),
        help_text="By which rates other units were converted, each amount by its own day’s: the newest, its day and "
        "and source, and the first day of those that were used.",
    )
    unconverted = serializers.ListField(
        child=serializers.CharField(), help_text="Units without a rate: their amounts are left out."
    )
    previous = PreviousMoney(allow_null=True, help_text="With compare: of as many days before.")

    example = {
        "program": sample("program"),
        "period": _PERIOD,
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "mature": False,
        "margin": None,
        "cost": {"program_cost": {"definition": {"id": "program_cost", "sentence": "…"}, "value": 20000}},
        "cac": _figure("referral_cac", program_money.CAC, 60000, 40, 1500, interval=[1310, 1690]),
        "earnings_per_click": _figure(
            "earnings_per_click", program_money.PER_CLICK, 40000, 1000, 40, interval=[31, 49]
        ),
        "roi": _figure("roi", program_money.ROI, 140000, 60000, 2.33333, interval=[1.9021, 2.76456]),
        "liability": {
            "definition": {"id": "liability", "sentence": program_money.LIABILITY},
            "pending": 8000,
            "available": 21000,
            "value": 29000,
            "reason": "",
        },
        "forecast": {
            "definition": {"id": "liability_forecast", "sentence": program_money.FORECAST},
            "value": 7200,
            "reason": "",
        },
        "breakage": _figure("breakage", program_money.BREAKAGE, 500, 50000, 0.01),
        "earned_growth_rate": {
            "definition": {"id": "earned_growth_rate", "sentence": program_money.EARNED},
            "returning": 8500000,
            "earned": 2500000,
            "last_year": 10000000,
            "value": 0.1,
            "reason": "",
        },
        "converted": [
            {"currency": "USD", "rate": "0.92", "day": "2026-11-20", "source": "ecb", "first_day": "2026-10-26"}
        ],
        "unconverted": [],
        "previous": None,
    }


@documented(
    "Metrics",
    get=Call(
        "Get what a program costs",
        ProgramMoneyAnswer,
        description="Cost by kind, the cost of a friend who bought, return on it, what is owed and expected to be, "
        "what expires, and the growth that was earned. Amounts of other currencies are converted by the rates you put, "
        "each by that of its own day.",
        also=[
            OpenApiParameter("program", str, description="Its id or short name; may be left out if there is only one."),
            OpenApiParameter("from", str, description="The first day; default: 30 days with the last one."),
            OpenApiParameter("to", str, description="The last day, included; default: today."),
            OpenApiParameter("currency", str, description="Of all amounts, ISO 4217; default: the program's."),
            COMPARE,
        ],
    ),
)
class ProgramMoney(Endpoint):
    parameters = {"GET": ("program", "from", "to", "currency", "compare")}
    declines = {"time_zone": DECLINED_ZONE}

    def get(self, request):
        program = programs.named(storefront=request.storefront, name=request.query_params.get("program"))
        told = program_money.of_program(
            program=program,
            since=day_of(request, "from"),
            until=day_of(request, "to"),
            at=self.at,
            compare=self.flag("compare"),
            currency=request.query_params.get("currency"),
        )
        named = ids.encode(ids.PREFIXES["program"], program.public_id)
        return Response({"program": named, "previous": None} | told)


class ChannelReturn(serializers.Serializer):
    channel = serializers.CharField()
    months = serializers.IntegerField(help_text="With costs.")
    revenue_minor = serializers.IntegerField(help_text="Of these months, kept of the channel's customers.")
    cost_minor = serializers.IntegerField(help_text="Of these months; of referral the rewards too.")
    mean = serializers.FloatField(allow_null=True, help_text="Monthly return: revenue ÷ cost − 1.")
    beta = serializers.FloatField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    alpha = serializers.FloatField(allow_null=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why there is no beta.")


class ChannelRiskAnswer(serializers.Serializer):
    definition = Definition()
    period = serializers.DictField(child=serializers.CharField(), help_text="from and to, months.")
    currency = serializers.CharField(help_text="Of all amounts: the storefront's.")
    channels = ChannelReturn(many=True)
    left_out = serializers.ListField(
        child=serializers.CharField(), help_text="Units of costs other than the storefront's currency: left out."
    )
    elsewhere = Elsewhere(help_text="Their revenue is not in the returns; what they cost is.")
    reason = serializers.CharField(allow_blank=True)

    example = {
        "definition": {"id": "channel_risk", "sentence": channel_returns.RISK},
        "period": {"from": "2024-11", "to": "2026-10"},
        "currency": "EUR",
        "channels": [
            {
                "channel": "referral",
                "months": 24,
                "revenue_minor": 744000,
                "cost_minor": 240000,
                "mean": 2.1,
                "beta": 0.4,
                "expected": 1.2,
                "alpha": 0.9,
                "reason": "",
            }
        ],
        "left_out": [],
        "elsewhere": {"customers": 0, "orders": 0},
        "reason": "",
    }


@documented(
    "Metrics",
    get=Call(
        "Get risk and return of channels",
        ChannelRiskAnswer,
        description="Of each acquisition channel with costs, the last 24 months that are over. It takes 12 of them.",
        also=[OpenApiParameter("risk_free", float, description="The return of a month without risk; default: 0.")],
    ),
)
class ChannelRisk(Endpoint):
    parameters = {"GET": ("risk_free",)}
    declines = {"time_zone": DECLINED_ZONE, "compare": DECLINED_COMPARE}

    def get(self, request):
        free = _share(request.query_params.get("risk_free", "0"))
        return Response(channel_returns.channel_risk(storefront=request.storefront, at=self.at, free=free))


def _share(text):
    try:
        value = float(text)
    except ValueError:
        value = None
    if value is None or not -1 <= value <= 1:
        raise invalid("risk_free must be a share between -1 and 1, such as 0.002.")
    return value
