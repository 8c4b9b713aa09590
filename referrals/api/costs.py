"""What channels cost, by month."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.examples import BOUGHT
from advocacy.api.lists import Among, ListEndpoint
from advocacy.api.schema import Call, documented
from referrals import costs
from referrals.models import ChannelCost, CostOf

MOST = 1000


class Month(serializers.CharField):
    """``2026-11``."""

    def to_internal_value(self, data):
        try:
            return costs.month_of(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError("must be a month, such as 2026-11") from error


class CostCall(fields.StrictSerializer):
    month = Month()
    channel = fields.Choice(
        CostOf.choices,
        help_text="By what it acquires customers; referral: all but rewards; payout_fees: what banks take for payouts.",
    )
    currency = fields.Currency()
    amount_minor = fields.Minor(help_text="Of the whole month.")
    source = fields.Name(max_length=40, help_text="Where the number is from, such as ads-export.")

    example = {
        "month": "2026-11",
        "channel": "paid_search",
        "currency": "EUR",
        "amount_minor": 125000,
        "source": "ads-export",
    }


class CostsCall(fields.StrictSerializer):
    costs = serializers.ListField(child=CostCall(), min_length=1, max_length=MOST)

    example = {"costs": [CostCall.example]}


class CostAnswer(serializers.ModelSerializer):
    month = serializers.DateField(format="%Y-%m")
    noted_at = fields.Moment()

    class Meta:
        model = ChannelCost
        fields = ["month", "channel", "currency", "amount_minor", "source", "noted_at"]

    example = CostCall.example | {"noted_at": BOUGHT}


class CostsChanged(serializers.Serializer):
    changed = serializers.IntegerField(help_text="How many were new or corrected; the others were known.")

    example = {"changed": 1}


@documented(
    "Metrics",
    get=Call("List what channels cost", CostAnswer, many=True),
    put=Call(
        "Put what channels cost",
        CostsChanged,
        takes=CostsCall,
        description="Adds or corrects the costs of channels in a month; all of them or none.",
    ),
)
class ChannelCosts(ListEndpoint):
    answer = CostAnswer
    filters = {"channel": Among("channel", CostOf)}

    def rows(self):
        return ChannelCost.objects.filter(storefront=self.request.storefront)

    def put(self, request):
        said = [
            costs.Said(place=f"costs[{place}]", **each) for place, each in enumerate(self.taken(CostsCall)["costs"])
        ]
        return Response({"changed": costs.put(storefront=request.storefront, costs=said, at=self.at)})
