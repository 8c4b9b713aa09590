"""Programs and what they promise: public, so a browser may read them."""

from django.db.models import Q
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import history
from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import euros, sample
from advocacy.api.keys import AnyKey
from advocacy.api.lists import Among, ListEndpoint, Of
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Offer, Program, ProgramStatus, Side


def named(*, storefront, name):
    """The program of this id or short name; without a name the only one there is."""
    mine = Program.objects.filter(storefront=storefront)
    if name:
        return found.one(mine, "program", name, external="slug")
    only = list(mine[:2])
    if len(only) != 1:
        raise serializers.ValidationError({"program": "name the program by its id or short name, such as friends"})
    return only[0]


class ProgramName(fields.Name):
    def __init__(self, **options):
        words = "Its id or short name; may be left out where there is only one."
        super().__init__(**{"max_length": 80, "required": False, "help_text": words} | options)


class ProgramAnswer(serializers.ModelSerializer):
    id = fields.PublicId("program", source="public_id")
    starts_at = fields.Moment(allow_null=True)
    ends_at = fields.Moment(allow_null=True)
    metadata_keys = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of an order’s metadata that rules may ask for."
    )
    new_customers_known = serializers.BooleanField(
        help_text="False where only new customers count but nothing is known of earlier orders: everybody looks new. "
        "Send `orders_before` with customers, or say in the admin that there were none."
    )

    terms_url = serializers.CharField(help_text="Where the newest version of its terms is read; empty: it has none.")
    terms_version = serializers.IntegerField(help_text="The number of that version; 0: it has none.")
    terms_needed = serializers.IntegerField(
        help_text="The newest version with a material change: to who agreed to an older one only, payouts wait."
    )
    open_in_portal = serializers.BooleanField(help_text="Whether customers may join in the portal by themselves.")

    class Meta:
        model = Program
        fields = [
            "id",
            "slug",
            "name",
            "status",
            "currency",
            "time_zone",
            "starts_at",
            "ends_at",
            "window_days",
            "click_precedence",
            "new_customers_only",
            "new_customers_known",
            "claim_days",
            "claim_deadline_days",
            "late_code_days",
            "headline",
            "terms_url",
            "terms_version",
            "terms_needed",
            "open_in_portal",
            "metadata_keys",
        ]

    example = {
        "id": sample("program"),
        "slug": "friends",
        "name": "Friends of Acme",
        "status": "active",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "starts_at": None,
        "ends_at": None,
        "window_days": 90,
        "click_precedence": "last",
        "new_customers_only": True,
        "new_customers_known": True,
        "claim_days": 30,
        "claim_deadline_days": 14,
        "late_code_days": 0,
        "headline": "",
        "terms_url": "https://referrals.acme.example/terms/" + sample("terms"),
        "terms_version": 1,
        "terms_needed": 1,
        "open_in_portal": False,
        "metadata_keys": ["shop"],
    }


class OfferItemAnswer(serializers.Serializer):
    by = serializers.ChoiceField(choices=["product", "category"])
    values = serializers.ListField(
        child=serializers.CharField(), help_text="As orders name them; of products their id, variant or SKU."
    )
    amount_minor = serializers.IntegerField(required=False, help_text="For each piece, in the offer’s unit.")
    percent_bp = serializers.IntegerField(required=False, help_text="Of what they cost.")


class OfferAnswer(serializers.ModelSerializer):
    id = fields.PublicId("offer", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    amount = fields.Money(
        "amount_minor", "unit", help_text="0 for a percentage; of tiers and products the most that one of them pays."
    )
    items = OfferItemAnswer(
        many=True, help_text="With the kind per_product: what it is for; an order's line goes by the first."
    )
    maximum = fields.Money("maximum_minor", "unit", allow_null=True, help_text="The most a percentage gives.")
    minimum_order = fields.Money("minimum_order_minor", "program.currency")
    form = serializers.CharField(help_text="What it is paid in: credit, points, coupon, gift_card, cash or custom.")
    label = serializers.CharField(help_text="What a custom benefit is, such as “a mug”; else empty.")
    trigger = serializers.CharField(help_text="The event type that earns it; an order is `conversion.recorded`.")
    friends = serializers.IntegerField(
        allow_null=True, help_text="So many friends have to order; null where each friend counts."
    )
    repeats = serializers.BooleanField(help_text="Whether every further so many friends earn it again.")
    order_limit = serializers.IntegerField(allow_null=True, help_text="At most so many times for each friend.")
    months_limit = serializers.IntegerField(allow_null=True, help_text="Only orders within so many months.")
    conditional = serializers.BooleanField(help_text="Whether there are conditions that these numbers do not say.")
    digital_at_once = serializers.BooleanField(
        help_text="Whether an order of digital goods only is credited when it is paid, without waiting for `hold_days`."
    )
    exclusive_group = serializers.CharField(
        help_text="Of the offers of one group a person gets the best: the highest priority, then the most."
    )
    starts_at = fields.Moment()
    ends_at = fields.Moment(allow_null=True)

    class Meta:
        model = Offer
        fields = [
            "id",
            "program",
            "side",
            "trigger",
            "form",
            "kind",
            "label",
            "amount",
            "percent_bp",
            "items",
            "maximum",
            "minimum_order",
            "friends",
            "repeats",
            "first_order_only",
            "order_limit",
            "months_limit",
            "conditional",
            "exclusive_group",
            "priority",
            "hold_days",
            "digital_at_once",
            "starts_at",
            "ends_at",
        ]

    example = {
        "id": sample("offer"),
        "program": sample("program"),
        "side": "advocate",
        "trigger": "conversion.recorded",
        "form": "credit",
        "kind": "fixed",
        "label": "",
        "amount": euros(1000),
        "percent_bp": 0,
        "items": [],
        "maximum": None,
        "minimum_order": euros(2000),
        "friends": None,
        "repeats": False,
        "first_order_only": True,
        "order_limit": None,
        "months_limit": None,
        "conditional": False,
        "exclusive_group": "",
        "priority": 0,
        "hold_days": 14,
        "digital_at_once": True,
        "starts_at": "2026-11-01T00:00:00Z",
        "ends_at": None,
    }


def of(storefront):
    return history.told(Program.objects.filter(storefront=storefront))


expanding.whole("program", ProgramAnswer, of, tag="Programs", public=True)


@documented("Programs", get=Call("List programs", ProgramAnswer, many=True))
class Programs(ListEndpoint):
    permission_classes = [AnyKey]
    answer = ProgramAnswer
    filters = {"status": Among("status", ProgramStatus)}

    def rows(self):
        return of(self.request.storefront)


@documented("Programs", get=Call("Get a program", ProgramAnswer, also=path_parameters("id")))
class OneProgram(Endpoint):
    permission_classes = [AnyKey]

    def get(self, request, id):
        return Response(ProgramAnswer(found.one(of(request.storefront), "program", id, external="slug")).data)


def in_force(storefront, at):
    started = Offer.objects.filter(program__storefront=storefront, starts_at__lte=at)
    return started.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)).select_related("program")


@documented(
    "Programs",
    get=Call(
        "List offers",
        OfferAnswer,
        many=True,
        description="What each program promises advocates and friends at this moment. `percent_bp` is in basis "
        "points: 1000 is 10 %.",
    ),
)
class Offers(ListEndpoint):
    permission_classes = [AnyKey]
    answer = OfferAnswer
    filters = {"program": Of("program", Program, "program", external="slug"), "side": Among("side", Side)}

    def rows(self):
        return in_force(self.request.storefront, self.at)


@documented(
    "Programs",
    get=Call(
        "Get an offer",
        OfferAnswer,
        also=path_parameters("id"),
        description="Of those that are in force at this moment; one that has ended is 404.",
    ),
)
class OneOffer(Endpoint):
    permission_classes = [AnyKey]

    def get(self, request, id):
        return Response(OfferAnswer(found.one(in_force(request.storefront, self.at), "offer", id)).data)
