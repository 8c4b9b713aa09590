"""What is given and taken by hand; and points that become credit."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer
from rewards import adjustments, exchange
from rewards.models import Adjustment, AdjustmentKind, Exchange

_GIVEN, _TAKEN = "given", "taken"
# Fields that only one of the two kinds has.
_ONLY = {"hold_days": _GIVEN, "expires_at": _GIVEN, "allow_negative": _TAKEN}


class AdjustmentCall(fields.StrictSerializer):
    customer = fields.Name(max_length=210, help_text="cus_…, or ext_ and your own id.")
    program = programs.ProgramName()
    kind = fields.Choice([_GIVEN, _TAKEN])
    form = fields.Choice([form.value for form in adjustments.FORMS], required=False, help_text="Left out: credit.")
    amount_minor = fields.Minor(min_value=1)
    currency = fields.Currency(required=False, help_text="Left out: the program's; points have none.")
    reason = fields.Name(help_text="For your staff; customers do not read it.")
    hold_days = fields.Whole(required=False, min_value=0, max_value=365, help_text="Given: credited after these.")
    expires_at = fields.Time(required=False, help_text="Given: what is not spent until then expires.")
    allow_negative = fields.Flag(required=False, help_text="Taken: also more than there is; later credits pay it off.")

    def validate(self, call):
        for name, kind in _ONLY.items():
            if name in call and call["kind"] != kind:
                raise serializers.ValidationError({name: f"is only for what is {kind}"})
        return call

    example = {
        "customer": "ext_alice",
        "program": "friends",
        "kind": "given",
        "amount_minor": 500,
        "reason": "Sorry for the late delivery",
    }


class AdjustmentAnswer(serializers.ModelSerializer):
    id = fields.PublicId("adjustment", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    program = fields.PublicId("program", source="program.public_id")
    amount = fields.Money("amount_minor", "unit", help_text="0 or more; the kind says which way.")
    reward = fields.PublicId("reward", source="reward.public_id", allow_null=True, help_text="It made or changed.")
    undoes = fields.PublicId("adjustment", source="undoes.public_id", allow_null=True)
    expires_at = fields.Moment(allow_null=True)
    by = serializers.SerializerMethodField(help_text="Who of your staff; null: a server, by the API.")
    created_at = fields.Moment(source="made_at")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Adjustment
        fields = [
            "id",
            "customer",
            "program",
            "kind",
            "form",
            "amount",
            "reason",
            "by",
            "reward",
            "undoes",
            "expires_at",
            "created_at",
            "resource_version",
        ]

    def get_by(self, row) -> str | None:
        return row.made_by and (row.made_by.get_full_name() or row.made_by.get_username())

    example = {
        "id": sample("adjustment"),
        "customer": sample("customer"),
        "program": sample("program"),
        "kind": "given",
        "form": "credit",
        "amount": euros(500),
        "reason": "Sorry for the late delivery",
        "by": None,
        "reward": sample("reward"),
        "undoes": None,
        "expires_at": None,
        "created_at": BOUGHT,
        "resource_version": 1,
    }


def of(storefront):
    rows = Adjustment.objects.filter(storefront=storefront)
    return rows.select_related("customer", "program", "reward", "undoes", "made_by")


@documented(
    "Adjustments",
    get=Call("List adjustments", AdjustmentAnswer, many=True),
    post=Call(
        "Adjust a wallet",
        AdjustmentAnswer,
        takes=AdjustmentCall,
        creates=True,
        keyed=True,
        description="By hand, with a reason. What is given is a reward without a rule; what is taken leaves the lots "
        "that expire soonest.",
    ),
)
class Adjustments(ListEndpoint):
    answer = AdjustmentAnswer
    filters = {
        "kind": Among("kind", AdjustmentKind),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        **between("made_at", shown="created_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(AdjustmentCall)
        with keyed(self) as claim:
            row = claim.earlier(self.rows()) or claim.keep("adjustment", self._adjust(call))
        return created(AdjustmentAnswer(row).data, new=claim.new)

    def _adjust(self, call):
        storefront = self.request.storefront
        mine = Customer.objects.filter(storefront=storefront)
        verb = adjustments.give if call["kind"] == _GIVEN else adjustments.take
        return verb(
            program=programs.named(storefront=storefront, name=call.get("program")),
            customer=found.one(mine, "customer", call["customer"], external="external_id"),
            form=call.get("form", "credit"),
            unit=call.get("currency"),
            amount_minor=call["amount_minor"],
            reason=call["reason"],
            at=self.at,
            **{name: call[name] for name in _ONLY if name in call},
        )


@documented("Adjustments", get=Call("Get an adjustment", AdjustmentAnswer, also=path_parameters("id")))
class OneAdjustment(Endpoint):
    def get(self, request, id):
        return Response(AdjustmentAnswer(found.one(of(request.storefront), "adjustment", id)).data)


class ExchangeCall(fields.StrictSerializer):
    points = fields.Minor(min_value=1)
    program = programs.ProgramName(help_text="Whose rate it is; may be left out where only one program has a rate.")

    example = {"points": 500, "program": "friends"}


class ExchangeAnswer(serializers.ModelSerializer):
    id = fields.PublicId("exchange", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    program = fields.PublicId("program", source="program.public_id")
    amount = fields.Money("amount_minor", help_text="What the points became, rounded down.")
    points_per_unit = serializers.IntegerField(help_text="The rate: so many points are one unit of the currency.")
    reward = fields.PublicId("reward", source="reward.public_id")
    created_at = fields.Moment(source="exchanged_at")

    class Meta:
        model = Exchange
        fields = ["id", "customer", "program", "points", "amount", "points_per_unit", "reward", "created_at"]

    example = {
        "id": sample("exchange"),
        "customer": sample("customer"),
        "program": sample("program"),
        "points": 500,
        "amount": euros(500),
        "points_per_unit": 100,
        "reward": sample("reward"),
        "created_at": BOUGHT,
    }


@documented(
    "Wallets",
    post=Call(
        "Exchange points for credit",
        ExchangeAnswer,
        takes=ExchangeCall,
        creates=True,
        keyed=True,
        also=path_parameters("customer"),
        description="At the rate that the program sets.",
    ),
)
class PointsToCredit(Endpoint):
    def post(self, request, customer):
        call = self.taken(ExchangeCall)
        mine = Customer.objects.filter(storefront=request.storefront)
        owner = found.one(mine, "customer", customer, external="external_id")
        made_before = Exchange.objects.filter(storefront=request.storefront)
        with keyed(self) as claim:
            row = claim.earlier(made_before) or claim.keep("exchange", self._exchange(owner, call))
        return created(ExchangeAnswer(row).data, new=claim.new)

    def _exchange(self, owner, call):
        storefront, name = self.request.storefront, call.get("program")
        program = (
            programs.named(storefront=storefront, name=name) if name else exchange.program_of(storefront=storefront)
        )
        return exchange.for_credit(program=program, customer=owner, points=call["points"], at=self.at)
