"""What a customer has and what is on the way, and every line of how it came."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import ListEndpoint, Of, invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer
from rewards import wallets
from rewards.models import Form, Leg

_REVIEW = "fraud_hold"


class ComingAnswer(serializers.Serializer):
    amount_minor = serializers.IntegerField()
    due_at = fields.Moment(allow_null=True, help_text="Null while something holds it that no date ends.")
    held_by = serializers.CharField(
        help_text="A reason key: fraud_hold, advocate_paused, pool_empty; awaiting_delivery: due_at is then the latest "
        "date. Empty: it waits for its date only."
    )


class MyComingAnswer(ComingAnswer):
    """As its owner may read it: nothing of a review, which would tell a cheat what to change."""

    due_at = serializers.SerializerMethodField(help_text="Null while something holds it that no date ends.")
    held_by = serializers.SerializerMethodField(help_text="A reason key, as of wallets, or empty.")

    def get_due_at(self, coming) -> datetime | None:
        shown = coming.hold_ends_at if coming.held_by == _REVIEW else coming.due_at
        return shown and fields.Moment().to_representation(shown)

    def get_held_by(self, coming) -> str:
        return "" if coming.held_by == _REVIEW else coming.held_by


class ExpiringAnswer(serializers.Serializer):
    amount_minor = serializers.IntegerField()
    expires_at = fields.Moment()


class BalanceAnswer(serializers.Serializer):
    currency = serializers.CharField(source="unit", help_text="ISO 4217, or PTS for points.")
    form = serializers.CharField(help_text="What it is paid in; credit and points are redeemed.")
    available = fields.Money("available_minor", "unit", help_text="Below 0: taken back after it was spent.")
    pending = fields.Money("pending_minor", "unit")
    reserved = fields.Money("reserved_minor", "unit", help_text="In a basket, or in a payout under way.")
    coming = ComingAnswer(many=True, help_text="What is pending, soonest first.")
    expiring = ExpiringAnswer(many=True, help_text="What of it expires when, unless it is spent, soonest first.")


class MyBalanceAnswer(BalanceAnswer):
    coming = MyComingAnswer(many=True, help_text="What is pending, soonest first.")


class WalletAnswer(serializers.Serializer):
    """Of a Customer with their ``balances``."""

    customer = fields.PublicId("customer", source="public_id")
    balances = BalanceAnswer(many=True, help_text="One for each currency and form.")

    example = {
        "customer": sample("customer"),
        "balances": [
            {
                "currency": "EUR",
                "form": "credit",
                "available": euros(2000),
                "pending": euros(1000),
                "reserved": euros(0),
                "coming": [{"amount_minor": 1000, "due_at": "2026-12-06T10:15:00Z", "held_by": ""}],
                "expiring": [{"amount_minor": 500, "expires_at": "2027-11-22T10:15:00Z"}],
            }
        ],
    }


class CauseAnswer(serializers.Serializer):
    kind = serializers.CharField(help_text="rule, redemption, adjustment, exchange or payout.")
    id = serializers.CharField()


class LineAnswer(serializers.Serializer):
    id = fields.PublicId("transfer", source="transfer.public_id")
    text = serializers.CharField(help_text="The line in words, for your staff.")
    kind = serializers.ChoiceField(Leg.choices, source="transfer.leg", help_text="Why it moved, such as release.")
    form = serializers.CharField(source="transfer.source.form")
    amount = fields.Money("transfer.amount_minor", "transfer.unit")
    change = fields.Money("change_minor", "transfer.unit", help_text="Of what is available; below 0 it became less.")
    balance = fields.Money("balance_minor", "transfer.unit", help_text="What of this form was available after it.")
    source = serializers.CharField(source="transfer.source.kind", help_text="Where it left, such as pending.")
    target = serializers.CharField(source="transfer.target.kind", help_text="Where it went, such as available.")
    reward = fields.PublicId("reward", source="transfer.reward.public_id")
    rule_name = serializers.CharField(source="transfer.reward.rule.name", allow_null=True, read_only=True)
    cause = serializers.SerializerMethodField(help_text="What moved it.")
    at = fields.Moment(source="transfer.at")

    def get_cause(self, line) -> CauseAnswer(allow_null=True):
        row = line.cause or line.transfer.reward.rule
        kind = row and row._meta.model_name
        return row and {"kind": kind, "id": ids.encode(ids.PREFIXES[kind], row.public_id)}

    example = {
        "id": sample("transfer"),
        "text": "Credited: Give 10, get 10",
        "kind": "release",
        "form": "credit",
        "amount": euros(1000),
        "change": euros(1000),
        "balance": euros(2000),
        "source": "pending",
        "target": "available",
        "reward": sample("reward"),
        "rule_name": "Give 10, get 10",
        "cause": {"kind": "rule", "id": sample("rule")},
        "at": BOUGHT,
    }


def owner(request, name):
    mine = Customer.objects.filter(storefront=request.storefront)
    return found.one(mine, "customer", name, external="external_id")


def _read(storefront, people, at):
    """These customers, each with their ``balances``."""
    found = wallets.balances(storefront=storefront, customers=people, at=at)
    for person in people:
        person.balances = found[person.pk]
    return people


@dataclass(frozen=True)
class Having:
    """``?form=cash``: who ever had something in it."""

    column: str
    description: str
    shape: dict

    def narrow(self, rows, text, storefront):
        if not re.fullmatch(self.shape["pattern"], text):
            raise invalid(f"{self.column} must be: {self.description}")
        return rows.filter(pk__in=wallets.owners(storefront=storefront, **{self.column: text}).values("pk"))


_UNIT = Having("unit", "An ISO 4217 code in capitals, or PTS for points.", {"type": "string", "pattern": "^[A-Z]{3}$"})
_FORM = Having(
    "form", f"One of: {', '.join(Form.values)}.", {"type": "string", "pattern": f"^({'|'.join(Form.values)})$"}
)


@documented(
    "Wallets",
    get=Call(
        "List wallets",
        WalletAnswer,
        many=True,
        description="Of everybody who ever had something, the newest customers first. A wallet that a filter finds is "
        "shown as a whole.",
    ),
)
class Wallets(ListEndpoint):
    answer = WalletAnswer
    filters = {"currency": _UNIT, "form": _FORM, "customer": Of("pk", Customer, "customer", external="external_id")}

    def rows(self):
        return wallets.owners(storefront=self.request.storefront)

    def shown(self, page):
        return _read(self.request.storefront, page, self.at)


@documented("Wallets", get=Call("Get a wallet", WalletAnswer, also=path_parameters("customer")))
class OneWallet(Endpoint):
    def get(self, request, customer):
        (person,) = _read(request.storefront, [owner(request, customer)], self.at)
        return Response(WalletAnswer(person).data)


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

    @cached_property
    def customer(self):
        return owner(self.request, self.kwargs["customer"])

    def rows(self):
        return wallets.statement(storefront=self.request.storefront, customer=self.customer)

    def shown(self, page):
        return wallets.lines(customer=self.customer, transfers=page)
