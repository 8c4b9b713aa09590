"""Parcels of an order: what was sent, and what was delivered."""

from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint, created
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import ListEndpoint
from advocacy.api.schema import Call, documented, path_parameters
from referrals import orders
from referrals.api import waiting
from referrals.api.order_calls import ProductCall
from referrals.api.orders import ParcelAnswer
from referrals.api.refunds import order_of
from referrals.models import Fulfilment, WaitingFact


class FulfilmentCall(fields.StrictSerializer):
    fulfilment_id = fields.Name(help_text="Your own id of the parcel: sent twice it counts once, for ever.")
    shipped_at = fields.Time(required=False, help_text="Left out of a new one that is not delivered either: now.")
    delivered_at = fields.Time(required=False, help_text="May follow in a later call.")
    products = ProductCall(many=True, required=False, help_text="The lines in it; left out: the whole order.")

    example = {"fulfilment_id": "P-1", "shipped_at": BOUGHT}


class FulfilmentAnswer(ParcelAnswer):
    order = fields.PublicId("order", source="order.public_id")
    recorded_at = fields.Moment()

    class Meta(ParcelAnswer.Meta):
        fields = [*ParcelAnswer.Meta.fields, "order", "recorded_at"]

    example = {
        "id": sample("fulfilment"),
        "fulfilment_id": "P-1",
        "order": sample("order"),
        "shipped_at": BOUGHT,
        "delivered_at": None,
        "products": [],
        "recorded_at": BOUGHT,
    }


@documented(
    "Orders",
    get=Call("List an order's fulfilments", FulfilmentAnswer, many=True, also=path_parameters("id")),
    post=Call(
        "Fulfil an order",
        FulfilmentAnswer,
        takes=FulfilmentCall,
        creates=True,
        waits=waiting.WaitingAnswer,
        also=path_parameters("id"),
        description="A parcel was sent or delivered. A later call with the same `fulfilment_id` may add the time that "
        "was missing; one that says something else is answered with 409. Rewards that wait for the delivery count "
        "from when everything physical was there. For an order that is not here yet it waits up to 7 days (202).",
    ),
)
class Fulfilments(ListEndpoint):
    answer = FulfilmentAnswer

    def rows(self):
        return Fulfilment.objects.filter(order=order_of(self)).select_related("order")

    def post(self, request, id):
        call = self.taken(FulfilmentCall)
        names = waiting.names(id)
        if names is None:
            fulfilled = orders.fulfil(order=order_of(self), fulfilment=call, at=self.at)
        else:
            fulfilled = orders.bring_fulfilment(
                storefront=request.storefront, names=names, fulfilment=call, at=self.at, lenient=False
            )
        if isinstance(fulfilled, WaitingFact):
            return waiting.later(fulfilled)
        shown = FulfilmentAnswer(fulfilled.fulfilment).data
        news = not (fulfilled.created or fulfilled.replayed)
        return Response(shown) if news else created(shown, new=fulfilled.created)


@documented("Orders", get=Call("Get a fulfilment", FulfilmentAnswer, also=path_parameters("id", "fulfilment_id")))
class OneFulfilment(Endpoint):
    def get(self, request, id, fulfilment_id):
        mine = Fulfilment.objects.filter(order=order_of(self)).select_related("order")
        return Response(FulfilmentAnswer(found.one(mine, "fulfilment", fulfilment_id, external="fulfilment_id")).data)
