"""Money of an order given back."""

from django.db import models
from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import Among, ListEndpoint, Moment, Of, between
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Customer
from advocacy.refusals import NotFound, Refused
from referrals import orders
from referrals.api import waiting
from referrals.api.order_calls import ProductCall
from referrals.models import Conversion, Order, OrderStatus, Refund, RefundKind, Review, Source, WaitingFact


class RefundCall(fields.StrictSerializer):
    refund_id = fields.Name(help_text="Your own id of the refund: sent twice it counts once, for ever.")
    kind = fields.Choice(RefundKind.choices, required=False)
    amount_minor = fields.Minor(required=False, help_text="Left out: what the products cost.")
    products = ProductCall(many=True, required=False)
    reason = fields.Text(required=False)
    refunded_at = fields.Time(required=False, help_text="Left out: now.")

    example = {"refund_id": "R-1", "amount_minor": 1350, "reason": "one bag came open"}


class ConversionState(models.TextChoices):
    COUNTS = "counts", "Counts"
    PARTLY_REFUNDED = "partly_refunded", "Counts for what is kept"
    REFUNDED = "refunded", "Nothing of it is kept"
    CANCELLED = "cancelled", "Its order was cancelled or is unpaid again"
    REJECTED = "rejected", "A reviewer rejected it"

    @classmethod
    def of(cls, conversion, order):
        if conversion.advocate_review == Review.REJECTED:
            return cls.REJECTED
        if not conversion.stands:
            return cls.REFUNDED if order.status == OrderStatus.PAID else cls.CANCELLED
        return cls.PARTLY_REFUNDED if order.refunded_minor else cls.COUNTS


class RefundedConversionAnswer(serializers.Serializer):
    id = fields.PublicId("conversion", source="public_id")
    program = fields.PublicId("program", source="program.public_id")
    state = serializers.ChoiceField(choices=ConversionState.choices)


class RefundAnswer(serializers.ModelSerializer):
    matched = serializers.SerializerMethodField(help_text="true: its order is here; else it waits, with 202.")
    conversions = serializers.SerializerMethodField(help_text="Those of the order, as they stand now.")
    id = fields.PublicId("refund", source="public_id")
    order = fields.PublicId("order", source="order.public_id")
    amount = fields.Money("amount_minor", "order.currency")
    refunded = fields.Money("order.refunded_minor", "order.currency", help_text="Of the order, all refunds together.")
    remaining = serializers.SerializerMethodField(help_text="Of the order, what could still be given back.")
    products = serializers.ListField(child=serializers.DictField())
    refunded_at = fields.Moment()
    recorded_at = fields.Moment()
    undone_at = fields.Moment(
        allow_null=True, help_text="It was undone and counts no more, also if it is sent again; use another id then."
    )

    class Meta:
        model = Refund
        fields = [
            "id",
            "matched",
            "refund_id",
            "order",
            "kind",
            "amount",
            "refunded",
            "remaining",
            "conversions",
            "products",
            "reason",
            "refunded_at",
            "recorded_at",
            "undone_at",
        ]

    def get_matched(self, refund) -> bool:
        return True

    def get_conversions(self, refund) -> RefundedConversionAnswer(many=True):
        standing = [conversion for conversion in refund.order.conversions.all() if not conversion.ended]
        for conversion in standing:
            conversion.state = ConversionState.of(conversion, refund.order)
        return RefundedConversionAnswer(standing, many=True).data

    def get_remaining(self, refund) -> fields.MoneyAnswer:
        order = refund.order
        return {"amount_minor": order.total_minor - order.refunded_minor, "currency": order.currency}

    example = {
        "id": sample("refund"),
        "matched": True,
        "refund_id": "R-1",
        "order": sample("order"),
        "kind": "refund",
        "amount": euros(1350),
        "refunded": euros(1350),
        "remaining": euros(4050),
        "conversions": [
            {"id": sample("conversion"), "program": sample("program"), "state": "partly_refunded"},
        ],
        "products": [],
        "reason": "one bag came open",
        "refunded_at": BOUGHT,
        "recorded_at": BOUGHT,
        "undone_at": None,
    }


# Platforms tell such refunds, of pieces that came back without money; they are taken.
_NOTHING = "A refund of 0 gives nothing back: write an amount above 0, or leave it out and name the products."


def order_of(view):
    mine = Order.objects.filter(storefront=view.request.storefront)
    return found.one(mine, "order", view.kwargs["id"], external="external_id")


def whole(refunds):
    """With all that an answer shows."""
    conversions = Prefetch("order__conversions", Conversion.objects.select_related("program"))
    return refunds.select_related("order").prefetch_related(conversions)


def refunds_of(view):
    return whole(Refund.objects.filter(order=order_of(view)))


def of(storefront):
    return whole(Refund.objects.filter(order__storefront=storefront))


@documented(
    "Orders",
    get=Call("List an order's refunds", RefundAnswer, many=True, also=path_parameters("id")),
    post=Call(
        "Refund an order",
        RefundAnswer,
        takes=RefundCall,
        creates=True,
        waits=waiting.WaitingAnswer,
        also=path_parameters("id"),
        description="In part or whole. What rewards take back follows a moment later, as `reward.reversed`. A refund "
        "of an order that is not here yet, named by your own id, is answered with 202 and waits for it up to 7 days.",
    ),
)
class Refunds(ListEndpoint):
    answer = RefundAnswer

    def rows(self):
        return refunds_of(self)

    def post(self, request, id):
        call = self.taken(RefundCall)
        if call.get("amount_minor") == 0:
            raise Refused("invalid_amount", _NOTHING, errors={"amount_minor": _NOTHING})
        names = waiting.names(id)
        if names is None:
            refunded = orders.refund(order=order_of(self), refund=call, at=self.at)
        else:
            refunded = orders.bring_refund(
                storefront=request.storefront, names=names, refund=call, at=self.at, lenient=False
            )
        if isinstance(refunded, WaitingFact):
            return waiting.later(refunded)
        return created(RefundAnswer(refunded.refund).data, new=refunded.created)


@documented(
    "Orders",
    get=Call("Get a refund", RefundAnswer, also=path_parameters("id", "refund_id")),
    delete=Call(
        "Undo a refund",
        RefundAnswer,
        also=path_parameters("id", "refund_id"),
        waits=waiting.WaitingAnswer,
        description="The shop deleted it: rewards come back as far as they were granted. Undone again: the same. One "
        "that waits for its order (202) is undone as soon as both are here.",
    ),
)
class OneRefund(Endpoint):
    def get(self, request, id, refund_id):
        return Response(RefundAnswer(self._named(refund_id)).data)

    def delete(self, request, id, refund_id):
        try:
            refund = self._named(refund_id)
        except NotFound as error:
            undone = self._undo_early(id, refund_id, error)
        else:
            undone = orders.undo_refund(order=refund.order, refund_id=refund.refund_id, at=self.at)
        return waiting.later(undone) if isinstance(undone, WaitingFact) else Response(RefundAnswer(undone.refund).data)

    def _undo_early(self, id, refund_id, error):
        """Of a refund that waits for its order; ``error`` where none does, or none of such a name can."""
        try:
            names = waiting.names(id)
        except serializers.ValidationError:
            names = None
        if names is None:
            raise error
        told = {"storefront": self.request.storefront, "names": names, "refund_id": found.external_id(refund_id)}
        try:
            return orders.bring_undone_refund(source=Source.API, at=self.at, lenient=False, **told)
        except NotFound:
            raise error from None

    def _named(self, name):
        return found.one(refunds_of(self), "refund", name, external="refund_id")


@documented("Orders", get=Call("List refunds", RefundAnswer, many=True, description="Of all orders, newest first."))
class AllRefunds(ListEndpoint):
    answer = RefundAnswer
    filters = {
        "kind": Among("kind", RefundKind),
        "order": Of("order", Order, "order", external="external_id"),
        "customer": Of("order__customer", Customer, "customer", external="external_id"),
        "refunded_after": Moment("refunded_at__gte"),
        "refunded_before": Moment("refunded_at__lt"),
        **between("recorded_at"),
    }

    def rows(self):
        return of(self.request.storefront)


@documented("Orders", get=Call("Get a refund of any order", RefundAnswer, also=path_parameters("id")))
class OneOfAllRefunds(Endpoint):
    def get(self, request, id):
        return Response(RefundAnswer(found.one(of(request.storefront), "refund", id)).data)
