"""What a customer has and what is on the way, and every line of how it came."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import ListEndpoint
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer
from rewards import wallets
from rewards.models import Leg


class ComingAnswer(serializers.Serializer):
    amount_minor = serializers.IntegerField()
    due_at = fields.Moment(allow_null=True, help_text="Null while a review holds it.")


class BalanceAnswer(serializers.Serializer):
    currency = serializers.CharField(source="unit", help_text="ISO 4217, or PTS for points.")
    available = fields.Money("available_minor", "unit")
    pending = fields.Money("pending_minor", "unit")
    coming = ComingAnswer(many=True, help_text="What is pending, soonest first.")


class WalletAnswer(serializers.Serializer):
    customer = serializers.CharField()
    balances = BalanceAnswer(many=True, help_text="One per currency.")

    example = {
        "customer": sample("customer"),
        "balances": [
            {
                "currency": "EUR",
                "available": euros(2000),
                "pending": euros(1000),
                "coming": [{"amount_minor": 1000, "due_at": "2026-12-06T10:15:00Z"}],
            }
        ],
    }


class LineAnswer(serializers.Serializer):
    id = fields.PublicId("transfer", source="public_id")
    kind = serializers.ChoiceField(
        Leg.choices,
        source="leg",
        help_text="grant: funding → pending; release: pending → available; take_…: back to funding.",
    )
    amount = fields.Money("amount_minor", "unit")
    source = serializers.CharField(source="source.kind", help_text="funding, pending or available.")
    target = serializers.CharField(source="target.kind", help_text="funding, pending or available.")
    reward = fields.PublicId("reward", source="reward.public_id")
    rule_name = serializers.CharField(source="reward.rule.name")
    at = fields.Moment()

    example = {
        "id": sample("transfer"),
        "kind": "grant",
        "amount": euros(1000),
        "source": "funding",
        "target": "pending",
        "reward": sample("reward"),
        "rule_name": "Give 10, get 10",
        "at": BOUGHT,
    }


def owner(request, name):
    mine = Customer.objects.filter(storefront=request.storefront)
    return found.one(mine, "customer", name, external="external_id")


@documented("Wallets", get=Call("Get a wallet", WalletAnswer, also=path_parameters("customer")))
class OneWallet(Endpoint):
    def get(self, request, customer):
        customer = owner(request, customer)
        balances = wallets.balance(storefront=request.storefront, customer=customer)
        shown = {"customer": ids.encode("cus", customer.public_id), "balances": balances}
        return Response(WalletAnswer(shown).data)


@documented(
    "Wallets",
    get=Call(
        "Get a statement",
        LineAnswer,
        many=True,
        also=path_parameters("customer"),
        description="Every movement of the customer's credit, newest first. The ledger is append-only.",
    ),
)
class Statement(ListEndpoint):
    answer = LineAnswer

    def rows(self):
        customer = owner(self.request, self.kwargs["customer"])
        return wallets.statement(storefront=self.request.storefront, customer=customer)
