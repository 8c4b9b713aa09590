"""Whom money is paid to, what they were paid in a year, and the month's journal."""

import re
from datetime import date

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import euros, sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer
from advocacy.refusals import NotFound
from rewards.models import Payee, PayeeKind
from rewards.payouts import journal, payees, totals


class PayeeCall(fields.StrictSerializer):
    """What is left out stays. A destination is an IBAN or another account, not both."""

    name = fields.Text(required=False, max_length=140, help_text="The account’s holder; needed once.")
    country = fields.Country(required=False, help_text="Needed once.")
    kind = fields.Choice(choices=PayeeKind.choices, required=False)
    vat_id = fields.Text(required=False, max_length=20)
    tax_form_since = serializers.DateField(
        required=False, allow_null=True, help_text="Since when their tax form is on file; null: there is none."
    )
    iban = fields.Text(required=False, max_length=42)
    other = fields.Text(required=False, max_length=200, help_text="For payouts by hand.")

    example = {"name": "Alice Example", "country": "DE", "kind": "private", "iban": "DE89 3704 0044 0532 0130 00"}


class PayeeAnswer(serializers.ModelSerializer):
    customer = fields.PublicId("customer", source="customer.person_id")
    kind = serializers.ChoiceField(PayeeKind.choices)
    destination_kind = serializers.CharField(help_text="iban, other, or empty where there is none.")
    destination_end = serializers.CharField(help_text="Its last four signs; it is never shown in full.")
    held_until = serializers.SerializerMethodField(
        help_text="Until when payouts wait because the destination was changed; null where nothing was."
    )

    class Meta:
        model = Payee
        fields = [
            *("customer", "name", "country", "kind", "vat_id", "tax_form_since"),
            *("destination_kind", "destination_end", "held_until"),
        ]

    def get_held_until(self, payee) -> str | None:
        until = payees.held_until(payee)
        return fields.Moment().to_representation(until) if until else None

    example = {
        "customer": sample("customer"),
        "name": "Alice Example",
        "country": "DE",
        "kind": "private",
        "vat_id": "",
        "tax_form_since": None,
        "destination_kind": "iban",
        "destination_end": "3000",
        "held_until": None,
    }


@documented(
    "Payouts",
    get=Call("Get a payee", PayeeAnswer, also=path_parameters("customer")),
    put=Call(
        "Put a payee",
        PayeeAnswer,
        takes=PayeeCall,
        creates=True,
        also=path_parameters("customer"),
        description="Whom a customer’s cash is paid to. A changed destination holds their next payout for 3 days.",
    ),
)
class OnePayee(Endpoint):
    def get(self, request, customer):
        person = self._customer(customer)
        payee = payees.of_one(person)
        if payee is None:
            raise NotFound("unknown_payee", "Nobody said yet to whom this customer’s money goes; PUT it here.")
        return Response(PayeeAnswer(payee).data)

    def put(self, request, customer):
        person = self._customer(customer)
        payee, created = payees.put(customer=person, fields=self.taken(PayeeCall), source="api", at=self.at)
        return Response(PayeeAnswer(payee).data, status=201 if created else 200)

    def _customer(self, name):
        mine = Customer.objects.filter(storefront=self.request.storefront)
        return found.one(mine, "customer", name, external="external_id")


class PayeeTotalAnswer(serializers.Serializer):
    customer = fields.PublicId("customer", source="customer.person_id")
    name = serializers.CharField(source="payee.name", default="")
    country = serializers.CharField(source="payee.country", default="")
    kind = serializers.CharField(source="payee.kind", default="")
    vat_id = serializers.CharField(source="payee.vat_id", default="")
    tax_form_since = serializers.DateField(source="payee.tax_form_since", default=None)
    payouts = serializers.IntegerField(help_text="How many.")
    amount = fields.Money("amount_minor")

    example = {
        "customer": sample("customer"),
        "name": "Alice Example",
        "country": "DE",
        "kind": "private",
        "vat_id": "",
        "tax_form_since": None,
        "payouts": 4,
        "amount": euros(12000),
    }


class PayeeTotalsAnswer(serializers.Serializer):
    year = serializers.IntegerField()
    data = PayeeTotalAnswer(many=True)

    example = {"year": 2026, "data": [PayeeTotalAnswer.example]}


@documented(
    "Payouts",
    get=Call(
        "Get the yearly totals of payees",
        PayeeTotalsAnswer,
        also=[OpenApiParameter("year", int, description="Such as 2026; default: this one.")],
        description="What each was paid in a year of the storefront’s time zone and kept, by currency.",
    ),
)
class PayeeTotals(Endpoint):
    parameters = {"GET": ("year",)}

    def get(self, request):
        year = _read(request, "year", r"(?:20|21)\d\d", self.at)
        rows = totals.of_year(storefront=request.storefront, year=year.year)
        return Response(PayeeTotalsAnswer({"year": year.year, "data": rows}).data)


class JournalLineAnswer(serializers.Serializer):
    program = serializers.CharField(help_text="Its name.")
    form = serializers.CharField(help_text="credit, points, coupon, gift_card, cash or custom.")
    opening = fields.Money("opening", "unit", help_text="Owed at the month’s beginning.")
    earned = fields.Money("earned", "unit")
    reversed = fields.Money("reversed", "unit")
    expired = fields.Money("expired", "unit")
    spent = fields.Money("spent", "unit")
    paid = fields.Money("paid", "unit")
    adjusted = fields.Money("adjusted", "unit", help_text="Given by hand less what was taken by hand.")
    exchanged = fields.Money("exchanged", "unit", help_text="Points that became credit: taken, and given as credit.")
    closing = fields.Money(
        "closing", "unit", help_text="opening + earned − reversed − expired − spent − paid + adjusted + exchanged."
    )

    example = {
        "program": "Friends",
        "form": "cash",
        "opening": euros(5000),
        "earned": euros(2500),
        "reversed": euros(500),
        "expired": euros(0),
        "spent": euros(0),
        "paid": euros(4000),
        "adjusted": euros(-200),
        "exchanged": euros(0),
        "closing": euros(2800),
    }


class JournalAnswer(serializers.Serializer):
    month = serializers.CharField()
    data = JournalLineAnswer(many=True)

    example = {"month": "2026-11", "data": [JournalLineAnswer.example]}


@documented(
    "Payouts",
    get=Call(
        "Get the journal of a month",
        JournalAnswer,
        also=[OpenApiParameter("month", str, description="Such as 2026-11; default: this one.")],
        description="What was owed to customers at the month’s beginning, what came and went, and what is owed at its "
        "end, by program, form and unit; in the storefront’s time zone.",
    ),
)
class PayoutJournal(Endpoint):
    parameters = {"GET": ("month",)}

    def get(self, request):
        month = _read(request, "month", r"(?:20|21)\d\d-(?:0[1-9]|1[0-2])", self.at)
        lines = journal.of_month(storefront=request.storefront, month=month)
        return Response(JournalAnswer({"month": f"{month:%Y-%m}", "data": lines}).data)


def _read(request, name, shape, at):
    """The first day of the year or month that the query names."""
    text = request.query_params.get(name)
    if text is None:
        return at.date().replace(day=1)
    if not re.fullmatch(shape, text, re.ASCII):
        raise invalid(f"{name} must be such as {at:%Y}." if name == "year" else f"{name} must be such as {at:%Y-%m}.")
    return date.fromisoformat(f"{text}-01-01"[:10])
