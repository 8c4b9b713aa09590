"""Money of an order given back."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import ListEndpoint
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.refusals import Refused
from referrals import orders
from referrals.api import waiting
from referrals.api.orders import ProductCall, of
from referrals.models import Refund, RefundKind, WaitingFact


class RefundCall(fields.StrictSerializer):
    refund_id = fields.Name(help_text="Your own id of the refund: sent twice it counts once, for ever.")
    kind = fields.Choice(RefundKind.choices, required=False)
    amount_minor = fields.Minor(required=False, help_text="Left out: what the products cost.")
    products = ProductCall(many=True, required=False)
    reason = fields.Text(required=False)
    refunded_at = fields.Time(required=False, help_text="Left out: now.")

    example = {"refund_id": "R-1", "amount_minor": 1350, "reason": "one bag came open"}


class RefundAnswer(serializers.ModelSerializer):
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
            "refund_id",
            "order",
            "kind",
            "amount",
            "refunded",
            "remaining",
            "products",
            "reason",
            "refunded_at",
            "recorded_at",
            "undone_at",
        ]

    def get_remaining(self, refund) -> fields.MoneyAnswer:
        order = refund.order
        return {"amount_minor": order.total_minor - order.refunded_minor, "currency": order.currency}

    example = {
        "id": sample("refund"),
        "refund_id": "R-1",
        "order": sample("order"),
        "kind": "refund",
        "amount": euros(1350),
        "refunded": euros(1350),
        "remaining": euros(4050),
        "products": [],
        "reason": "one bag came open",
        "refunded_at": BOUGHT,
        "recorded_at": BOUGHT,
        "undone_at": None,
    }


# Platforms tell such refunds, of pieces that came back without money; they are taken.
_NOTHING = "A refund of 0 gives nothing back: write an amount above 0, or leave it out and name the products."


def order_of(view):
    return found.one(of(view.request.storefront), "order", view.kwargs["id"], external="external_id")


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
        return Refund.objects.filter(order=order_of(self)).select_related("order")

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
    delete=Call(
        "Undo a refund",
        RefundAnswer,
        also=path_parameters("id", "refund_id"),
        description="The shop deleted it: rewards come back as far as they were granted. Undone again: the same.",
    ),
)
class OneRefund(Endpoint):
    def delete(self, request, id, refund_id):
        undone = orders.undo_refund(order=order_of(self), refund_id=refund_id, at=self.at)
        return Response(RefundAnswer(undone.refund).data)
