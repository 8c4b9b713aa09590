"""Credit and points at a checkout: reserve, confirm, give back, reverse."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import money
from advocacy.api import fields, found, programs
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.keyed import keyed
from advocacy.api.lists import Among, ListEndpoint, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer, Program
from rewards import redemptions
from rewards.models import Redemption, RedemptionState


class Unit(fields.Name):
    """An ISO 4217 code, or PTS."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 3, "help_text": "ISO 4217, or PTS for points."} | options)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if value not in money.CURRENCIES and value != money.POINTS:
            raise serializers.ValidationError("must be an ISO 4217 code such as EUR, or PTS for points")
        return value


class RedemptionCall(fields.StrictSerializer):
    customer = fields.Name(max_length=210, help_text="cus_…, or ext_ and your own id.")
    unit = Unit()
    amount_minor = fields.Minor(min_value=1)
    order = fields.Name(required=False, help_text="Your own id of the order, where it has one already.")
    program = programs.ProgramName(help_text="Whose rate says what points are worth; the only one that has a rate.")
    expires_at = fields.Time(required=False, help_text="At most 24 hours from now; left out: 30 minutes.")

    example = {"customer": "ext_alice", "unit": "EUR", "amount_minor": 300, "order": "1002"}


class ConfirmationCall(fields.StrictSerializer):
    order = fields.Name(required=False, help_text="Your own id of the order.")

    example = {"order": "1002"}


class ReversalCall(fields.StrictSerializer):
    amount_minor = fields.Minor(required=False, min_value=1, help_text="Left out: all that is not reversed yet.")

    example = {"amount_minor": 100}


class RedemptionAnswer(serializers.ModelSerializer):
    id = fields.PublicId("redemption", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    amount = fields.Money("amount_minor", "unit")
    reversed = fields.Money("reversed_minor", "unit", help_text="Given back since it was confirmed.")
    worth = serializers.SerializerMethodField(help_text="Of points: in money, at the program's rate then; else null.")
    order = serializers.CharField(source="order_external_id", help_text="Your own id; empty where none was told.")
    expires_at = fields.Moment(source="reserved_until", help_text="Not confirmed until then, it is given back.")
    created_at = fields.Moment(source="reserved_at")
    confirmed_at = fields.Moment(allow_null=True)
    ended_at = fields.Moment(allow_null=True, help_text="When the last of it was given back.")
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Redemption
        fields = [
            "id",
            "customer",
            "state",
            "form",
            "amount",
            "reversed",
            "worth",
            "order",
            "expires_at",
            "created_at",
            "confirmed_at",
            "ended_at",
            "resource_version",
        ]

    def get_worth(self, row) -> fields.MoneyAnswer(allow_null=True):
        if row.worth_minor is None:
            return None
        return {"amount_minor": row.worth_minor, "currency": row.worth_currency}

    example = {
        "id": sample("redemption"),
        "customer": sample("customer"),
        "state": "confirmed",
        "form": "credit",
        "amount": euros(300),
        "reversed": euros(0),
        "worth": None,
        "order": "1002",
        "expires_at": "2026-11-22T10:45:00Z",
        "created_at": BOUGHT,
        "confirmed_at": "2026-11-22T10:17:00Z",
        "ended_at": None,
        "resource_version": 2,
    }


def of(storefront):
    return Redemption.objects.filter(storefront=storefront).select_related("customer")


def one(request, name):
    return found.one(of(request.storefront), "redemption", name)


@documented(
    "Redemptions",
    get=Call("List redemptions", RedemptionAnswer, many=True),
    post=Call(
        "Reserve credit or points",
        RedemptionAnswer,
        takes=RedemptionCall,
        creates=True,
        keyed=True,
        description="For a basket: nobody else can spend it until it is confirmed, given back, or over. What expires "
        "soonest is taken first.",
    ),
)
class Redemptions(ListEndpoint):
    answer = RedemptionAnswer
    filters = {
        "state": Among("state", RedemptionState),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        **between("reserved_at", shown="created_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        call = self.taken(RedemptionCall)
        with keyed(self) as claim:
            row = claim.earlier(self.rows()) or claim.keep("redemption", self._reserve(call))
        return created(RedemptionAnswer(row).data, new=claim.new)

    def _reserve(self, call):
        storefront = self.request.storefront
        mine = Customer.objects.filter(storefront=storefront)
        return redemptions.reserve(
            storefront=storefront,
            customer=found.one(mine, "customer", call["customer"], external="external_id"),
            unit=call["unit"],
            amount_minor=call["amount_minor"],
            order=call.get("order", ""),
            program=_program(storefront, call),
            until=call.get("expires_at"),
            at=self.at,
        )


def _program(storefront, call):
    """Named, or the only one that says what points are worth; None where there are several or none."""
    if call.get("program"):
        return programs.named(storefront=storefront, name=call["program"])
    rated = list(Program.objects.filter(storefront=storefront, points_per_unit__isnull=False)[:2])
    return rated[0] if len(rated) == 1 else None


@documented(
    "Redemptions",
    get=Call("Get a redemption", RedemptionAnswer, also=path_parameters("id")),
    delete=Call(
        "Give a reservation back",
        RedemptionAnswer,
        also=path_parameters("id"),
        description="The basket was left. Given back again: the same. What was confirmed is reversed instead (409).",
    ),
)
class OneRedemption(Endpoint):
    def get(self, request, id):
        return Response(RedemptionAnswer(one(request, id)).data)

    def delete(self, request, id):
        row = redemptions.give_back(redemption=one(request, id), at=self.at)
        return Response(RedemptionAnswer(row).data)


@documented(
    "Redemptions",
    post=Call(
        "Confirm a redemption",
        RedemptionAnswer,
        takes=ConfirmationCall,
        also=path_parameters("id"),
        description="The order was placed: it is spent. Confirmed again: the same; for another order: 409 "
        "`idempotency_conflict`. A reservation that is over is 409 `reservation_over`: reserve it once more.",
    ),
)
class Confirmation(Endpoint):
    def post(self, request, id):
        call = self.taken(ConfirmationCall)
        row = redemptions.confirm(redemption=one(request, id), order=call.get("order", ""), at=self.at)
        return Response(RedemptionAnswer(row).data)


@documented(
    "Redemptions",
    post=Call(
        "Reverse a redemption",
        RedemptionAnswer,
        takes=ReversalCall,
        creates=True,
        keyed=True,
        also=path_parameters("id"),
        description="The order came back, wholly or in part: so much is the customer's again. What had expired "
        "meanwhile may be spent for another 14 days.",
    ),
)
class Reversal(Endpoint):
    def post(self, request, id):
        call, row = self.taken(ReversalCall), one(request, id)
        with keyed(self) as claim:
            row = claim.earlier(of(request.storefront)) or claim.keep("redemption", self._reverse(row, call))
        return created(RedemptionAnswer(row).data, new=claim.new)

    def _reverse(self, row, call):
        return redemptions.reverse(redemption=row, amount_minor=call.get("amount_minor"), at=self.at)
