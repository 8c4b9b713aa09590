"""How cash is paid out, and from which yearly amount on a tax form is asked for: read and put."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import euros, sample
from advocacy.api.lists import ListEndpoint
from advocacy.api.programs import named
from advocacy.api.schema import Call, documented
from rewards.models import PayoutKind, PayoutPolicy, PayoutSchedule, TaxLimit
from rewards.payouts import policies


class PolicyCall(fields.StrictSerializer):
    """What is left out stays, or is as for a new one."""

    currency = fields.Currency()
    program = fields.Name(
        max_length=80, required=False, help_text="Its id or short name; without it, all that have none of their own."
    )
    kind = fields.Choice(choices=PayoutKind.choices, required=False)
    pool = fields.Name(required=False, help_text="For gift cards: where the codes come from, pol_….")
    minimum_minor = fields.Minor(required=False, min_value=1, help_text="Nobody is paid less than this at once.")
    schedule = fields.Choice(choices=PayoutSchedule.choices, required=False)
    day = fields.Whole(min_value=1, max_value=28, required=False, help_text="Of the week (1 is Monday) or the month.")
    payer_name = fields.Text(required=False, max_length=70, help_text="For bank files.")
    payer_iban = fields.Text(required=False, max_length=42, help_text="For bank files: the account that pays.")

    example = {"currency": "EUR", "kind": "manual", "minimum_minor": 2000, "schedule": "monthly", "day": 1}


class PolicyAnswer(serializers.ModelSerializer):
    id = fields.PublicId("payout_policy", source="public_id")
    program = serializers.SerializerMethodField(help_text="Null: all programs that have none of their own.")
    pool = serializers.SerializerMethodField()
    minimum = fields.Money("minimum_minor")
    second_person_above = fields.Money(
        "four_eyes_above_minor", help_text="A batch above it is approved by two people. People change it in the admin."
    )
    payer_iban_end = serializers.SerializerMethodField(help_text="Its last four signs; it is never shown in full.")

    class Meta:
        model = PayoutPolicy
        fields = [
            *("id", "program", "currency", "kind", "pool", "minimum", "schedule", "day", "second_person_above"),
            *("payer_name", "payer_iban_end"),
        ]

    def get_program(self, row) -> str | None:
        return fields.PublicId("program").to_representation(row.program.public_id) if row.program else None

    def get_pool(self, row) -> str | None:
        return fields.PublicId("coupon_pool").to_representation(row.pool.public_id) if row.pool else None

    def get_payer_iban_end(self, row) -> str:
        return row.payer_iban[-4:]

    example = {
        "id": sample("payout_policy"),
        "program": None,
        "currency": "EUR",
        "kind": "manual",
        "pool": None,
        "minimum": euros(2000),
        "schedule": "monthly",
        "day": 1,
        "second_person_above": euros(0),
        "payer_name": "",
        "payer_iban_end": "",
    }


@documented(
    "Payouts",
    get=Call("List payout policies", PolicyAnswer, many=True),
    put=Call(
        "Put a payout policy",
        PolicyAnswer,
        takes=PolicyCall,
        creates=True,
        description="The one of this currency and program. Above which total two people approve a batch begins with 0 "
        "(always) and is changed in the admin: a key is no person.",
    ),
)
class PayoutPolicies(ListEndpoint):
    answer = PolicyAnswer

    def rows(self):
        mine = PayoutPolicy.objects.filter(storefront=self.request.storefront)
        return mine.select_related("storefront", "program", "pool")

    def put(self, request):
        call = self.taken(PolicyCall)
        program = call.pop("program", None)
        program = named(storefront=request.storefront, name=program) if program else None
        policy, new = policies.put(storefront=request.storefront, program=program, fields=call, at=self.at)
        return Response(PolicyAnswer(policy).data, status=201 if new else 200)


class TaxLimitCall(fields.StrictSerializer):
    country = fields.Country(allow_blank=False, help_text="Of the payee.")
    currency = fields.Currency(help_text="What payouts are counted in.")
    yearly_limit_minor = fields.Minor(help_text="Payouts of a year beyond it wait for a tax form; 0: always.")

    example = {"country": "US", "currency": "USD", "yearly_limit_minor": 60000}


class TaxLimitAnswer(serializers.ModelSerializer):
    yearly_limit = fields.Money("yearly_limit_minor")

    class Meta:
        model = TaxLimit
        fields = ["country", "currency", "yearly_limit"]

    example = {"country": "US", "currency": "USD", "yearly_limit": {"amount_minor": 60000, "currency": "USD"}}


class TaxLimitsAnswer(serializers.Serializer):
    data = TaxLimitAnswer(many=True)

    example = {"data": [TaxLimitAnswer.example]}


@documented(
    "Payouts",
    get=Call("List tax limits", TaxLimitsAnswer, description="By country; one without a limit asks for no tax form."),
    put=Call("Put a tax limit", TaxLimitAnswer, takes=TaxLimitCall, creates=True),
)
class TaxLimits(Endpoint):
    def get(self, request):
        return Response(TaxLimitsAnswer({"data": TaxLimit.objects.filter(storefront=request.storefront)}).data)

    def put(self, request):
        call = self.taken(TaxLimitCall)
        limit, new = policies.put_tax_limit(storefront=request.storefront, **call)
        return Response(TaxLimitAnswer(limit).data, status=201 if new else 200)
