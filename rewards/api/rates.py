"""Exchange rates by day, for orders in another currency than the program's."""

import re
from datetime import date
from decimal import Decimal

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.examples import BOUGHT
from advocacy.api.lists import ListEndpoint, invalid
from advocacy.api.schema import Call, documented
from rewards import rates
from rewards.models import Rate

MOST = 1000
_RATE = re.compile(r"\d{1,10}(\.\d{1,10})?", re.ASCII).fullmatch
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.Field):
    """A day without a time, such as 2026-11-22."""

    def to_internal_value(self, data):
        try:
            return date.fromisoformat(data if _DAY(str(data)) else "")
        except ValueError as error:
            raise serializers.ValidationError("must be a day, such as 2026-11-22") from error


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,10})?$"})
class Factor(serializers.Field):
    """A number as a text, so that nobody rounds it."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or not _RATE(data):
            raise serializers.ValidationError('must be a text such as "0.92", with at most 10 decimals')
        return Decimal(data)


class RateCall(fields.StrictSerializer):
    day = Day(help_text="The day that it is of, in the program's time zone.")
    currency = fields.Currency(help_text="What orders are paid in.")
    target = fields.Currency(help_text="What the program pays in.")
    rate = Factor(help_text="How much of the target one whole unit of the currency buys, as a text.")
    source = fields.Name(max_length=40, help_text="Where it is from, such as ecb.")

    example = {"day": "2026-11-22", "currency": "USD", "target": "EUR", "rate": "0.92", "source": "ecb"}


class RatesCall(fields.StrictSerializer):
    rates = serializers.ListField(child=RateCall(), min_length=1, max_length=MOST)

    example = {"rates": [RateCall.example]}


class RateAnswer(serializers.ModelSerializer):
    id = fields.PublicId("rate", source="public_id")
    rate = serializers.SerializerMethodField()
    used = serializers.BooleanField(help_text="Something was decided by it: it is not corrected any more.")
    recorded_at = fields.Moment()

    class Meta:
        model = Rate
        fields = ["id", "day", "currency", "target", "rate", "source", "used", "recorded_at"]

    def get_rate(self, row) -> str:
        return f"{row.rate.normalize():f}"

    example = {"id": "rat_01kb1c6d3xf8k9v2q4w7e5r1tn"} | RateCall.example | {"used": False, "recorded_at": BOUGHT}


class ChangedAnswer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="How many were new or corrected; the others were known.")

    example = {"changed": 1}


class _Currency:
    description = "ISO 4217."

    def __init__(self, column):
        self.column = column

    def narrow(self, rows, text, storefront):
        if not re.fullmatch("[A-Z]{3}", text):
            raise invalid(f"{self.column} must be an ISO 4217 code in capitals, such as EUR.")
        return rows.filter(**{self.column: text})


@documented(
    "Rates",
    get=Call("List exchange rates", RateAnswer, many=True),
    put=Call(
        "Put exchange rates",
        ChangedAnswer,
        takes=RatesCall,
        description="Adds rates, or corrects those by which nothing was decided yet; all of them or none. An order "
        "takes the newest rate of its currency of its day or of the seven days before. Rewards that waited for a rate "
        "are decided within a minute.",
    ),
)
class Rates(ListEndpoint):
    answer = RateAnswer
    filters = {"currency": _Currency("currency"), "target": _Currency("target")}

    def rows(self):
        return Rate.objects.filter(storefront=self.request.storefront)

    def put(self, request):
        said = [
            rates.Said(place=f"rates[{place}]", **each) for place, each in enumerate(self.taken(RatesCall)["rates"])
        ]
        return Response({"changed": rates.put(storefront=request.storefront, rates=said, at=self.at)})
