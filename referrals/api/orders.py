"""Orders of any customer, referred or not, with their refunds."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import expanding, fields, found
from advocacy.api.endpoint import Endpoint, Waiting, created, told
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import Among, ListEndpoint, Moment, Of, between
from advocacy.api.schema import OUTDATED, Call, documented, path_parameters, switch
from advocacy.models import Customer
from referrals import orders
from referrals.api.order_calls import OrderCall, OrderChange
from referrals.api.reasons import ReasonAnswer, shown
from referrals.models import Fulfilment, Order, OrderStatus

LENIENT = switch("lenient", "true: store a total that contradicts its parts, with a warning, instead of refusing it.")


class ParcelAnswer(serializers.ModelSerializer):
    id = fields.PublicId("fulfilment", source="public_id")
    shipped_at = fields.Moment(allow_null=True)
    delivered_at = fields.Moment(allow_null=True)
    products = serializers.ListField(child=serializers.DictField(), help_text="None: the whole order.")

    class Meta:
        model = Fulfilment
        fields = ["id", "fulfilment_id", "shipped_at", "delivered_at", "products"]


class OrderAnswer(serializers.ModelSerializer):
    id = fields.PublicId("order", source="public_id")
    customer = fields.PublicId("customer", source="customer.person_id")
    subtotal = fields.Money("subtotal_minor")
    discount = fields.Money("discount_minor")
    tax = fields.Money("tax_minor")
    shipping = fields.Money("shipping_minor")
    other = fields.Money("other_minor")
    total = fields.Money("total_minor")
    revenue = fields.Money("revenue_minor", help_text="After discounts, before tax and shipping.")
    refunded = fields.Money("refunded_minor", help_text="Of the total, so far.")
    click_id = fields.PublicId("click", allow_null=True)
    conversions = serializers.SerializerMethodField(help_text="One per program whose advocate brought the customer.")
    reasons = serializers.SerializerMethodField(help_text="Why it brought no conversion.")
    products = serializers.ListField(child=serializers.DictField())
    coupon_codes = serializers.ListField(
        child=serializers.CharField(), help_text="As sent; a code of one of your pools as its coupon's id, cpn_…."
    )
    identifiers = serializers.DictField()
    source = serializers.DictField()
    metadata = serializers.DictField()
    warnings = serializers.ListField(child=serializers.DictField())
    placed_at = fields.Moment()
    paid_at = fields.Moment(allow_null=True)
    shipped_at = fields.Moment(allow_null=True, help_text="Since when everything physical was on its way.")
    delivered_at = fields.Moment(allow_null=True, help_text="Since when everything physical was there.")
    fulfilments = ParcelAnswer(many=True)
    updated_at = fields.Moment()
    recorded_at = fields.Moment()
    resource_version = serializers.IntegerField(source="version")

    class Meta:
        model = Order
        fields = [
            "id",
            "external_id",
            "customer",
            "status",
            "kind",
            "subscription_id",
            "subtotal",
            "discount",
            "tax",
            "tax_included",
            "shipping",
            "other",
            "total",
            "revenue",
            "refunded",
            "country",
            "referral_code",
            "coupon_codes",
            "click_id",
            "conversions",
            "reasons",
            "products",
            "identifiers",
            "source",
            "metadata",
            "warnings",
            "placed_at",
            "paid_at",
            "shipped_at",
            "delivered_at",
            "fulfilments",
            "updated_at",
            "recorded_at",
            "resource_version",
        ]

    def get_conversions(self, order) -> list[str]:
        return [
            ids.encode("cnv", conversion.public_id) for conversion in order.conversions.all() if not conversion.ended
        ]

    def get_reasons(self, order) -> ReasonAnswer(many=True):
        return shown(order.unattributed)

    example = {
        "id": sample("order"),
        "external_id": "1001",
        "customer": sample("customer"),
        "status": "paid",
        "kind": "one_time",
        "subscription_id": "",
        "subtotal": euros(5000),
        "discount": euros(0),
        "tax": euros(0),
        "tax_included": True,
        "shipping": euros(400),
        "other": euros(0),
        "total": euros(5400),
        "revenue": euros(5000),
        "refunded": euros(0),
        "country": "",
        "referral_code": "",
        "coupon_codes": [],
        "click_id": sample("click"),
        "conversions": [sample("conversion")],
        "reasons": [],
        "products": OrderCall.example["products"],
        "identifiers": {},
        "source": {},
        "metadata": {},
        "warnings": [],
        "placed_at": BOUGHT,
        "paid_at": BOUGHT,
        "shipped_at": None,
        "delivered_at": None,
        "fulfilments": [],
        "updated_at": BOUGHT,
        "recorded_at": BOUGHT,
        "resource_version": 1,
    }


def of(storefront):
    return (
        Order.objects.filter(storefront=storefront)
        .select_related("customer")
        .prefetch_related("conversions", "fulfilments")
    )


expanding.whole("order", OrderAnswer, of, tag="Orders")


@documented(
    "Orders",
    get=Call("List orders", OrderAnswer, many=True),
    post=Call(
        "Record an order",
        OrderAnswer,
        takes=OrderCall,
        creates=True,
        also=[LENIENT],
        description="Send every order, referred or not. The same order again is answered with 200 and what it is "
        "now; another one under the same `external_id` with 409. What rewards follow is decided a moment later.",
    ),
)
class Orders(ListEndpoint):
    answer = OrderAnswer
    parameters = {"POST": ("lenient",)}
    filters = {
        "status": Among("status", OrderStatus),
        "customer": Of("customer", Customer, "customer", external="external_id"),
        "placed_after": Moment("placed_at__gte"),
        "placed_before": Moment("placed_at__lt"),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)

    def post(self, request):
        lenient = self.flag("lenient")
        call = self.taken(OrderCall)
        if self.waits_for_others:
            said = orders.said(storefront=request.storefront, fields=call, lenient=lenient, at=self.at)
            return Waiting(said)
        (recorded,) = orders.record(storefront=request.storefront, orders=[call], lenient=lenient, at=self.at)
        return self.answered(recorded)

    ask_together = staticmethod(orders.record_said)

    def answered(self, recorded):
        return created(told(OrderAnswer, recorded.order), new=recorded.created)


@documented(
    "Orders",
    get=Call("Get an order", OrderAnswer, also=path_parameters("id")),
    put=Call(
        "Put an order",
        OrderAnswer,
        takes=OrderChange,
        creates=True,
        also=[*path_parameters("id"), LENIENT, OUTDATED],
        description="Creates the order or brings it up to date: paid, cancelled, corrected. The newest `updated_at` "
        "wins (left out: now); an older one changes nothing and is answered with 200 and Advocacy-Outdated: true.",
    ),
)
class OneOrder(Endpoint):
    parameters = {"PUT": ("lenient",)}

    def get(self, request, id):
        return Response(OrderAnswer(found.one(of(request.storefront), "order", id, external="external_id")).data)

    def put(self, request, id):
        lenient = self.flag("lenient")
        call = self.taken(OrderChange)
        name = self._external_id(id)
        recorded = orders.change(
            storefront=request.storefront, external_id=name, fields=call, lenient=lenient, at=self.at
        )
        headers = {OUTDATED.name: "true"} if recorded.outdated else None
        return Response(told(OrderAnswer, recorded.order), status=201 if recorded.created else 200, headers=headers)

    def _external_id(self, name):
        if ids.decode("ord", name):
            return found.one(of(self.request.storefront), "order", name).external_id
        return fields.Name().run_validation(found.external_id(name))
