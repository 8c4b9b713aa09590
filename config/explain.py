"""Why: of an order, a conversion, anything a rule was asked about, and of whatever is at hand. Joins the apps."""

from collections import Counter

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer
from advocacy.refusals import NotFound
from config import asking, timeline
from referrals import orders as orders_of
from referrals.models import Conversion, Order


class ExplanationAnswer(serializers.Serializer):
    summary = serializers.CharField(help_text="The answer in a sentence or two.")
    order = serializers.DictField()
    not_attributed = serializers.ListField(child=serializers.DictField(), help_text="Why it brought no conversion.")
    conversions = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each with its referral and candidates, every rule's checks with input and threshold, rewards and "
        "transfers.",
    )
    visits = serializers.ListField(
        child=serializers.DictField(),
        help_text="Of an order that nobody brought: visits of links in the day before, of which nothing came. One may "
        "have been this customer's, who clicked on one device and bought on another without the code.",
    )
    deliveries = serializers.ListField(child=serializers.DictField(), help_text="Webhooks that told of it.")
    steps = serializers.ListField(child=serializers.DictField(), help_text="The same as a story, in order of time.")

    example = {
        "summary": "For Alice, 10.00 EUR is on the way.",
        "order": {"id": sample("order"), "external_id": "1001", "status": "paid", "total": euros(5400)},
        "not_attributed": [],
        "conversions": [{"id": sample("conversion"), "decisions": [], "rewards": [], "transfers": []}],
        "visits": [],
        "deliveries": [{"id": sample("delivery"), "type": "conversion.recorded", "state": "delivered", "tries": 1}],
        "steps": [{"at": BOUGHT, "mood": "yes", "title": "Order paid", "detail": "54.00 EUR", "checks": []}],
    }


_WHY = "The whole why: who was considered, each rule's checks with inputs and thresholds, and what became of the money."


@documented(
    "Orders",
    get=Call("Explain an order", ExplanationAnswer, also=path_parameters("id"), description=_WHY),
)
class ExplainOrder(Endpoint):
    def get(self, request, id):
        mine = Order.objects.filter(storefront=request.storefront).select_related("customer")
        order = found.one(mine, "order", id, external="external_id")
        return Response(timeline.explain_order(storefront=request.storefront, order=order))


@documented(
    "Conversions",
    get=Call("Explain a conversion", ExplanationAnswer, also=path_parameters("id"), description=_WHY),
)
class ExplainConversion(Endpoint):
    def get(self, request, id):
        mine = Conversion.objects.filter(storefront=request.storefront).select_related("order__customer")
        conversion = found.one(mine, "conversion", id)
        return Response(timeline.explain_conversion(storefront=request.storefront, conversion=conversion))


class NamedOrder(serializers.Serializer):
    id = fields.PublicId("order", source="public_id")
    external_id = serializers.CharField()
    placed_at = fields.Moment()


class NamedBond(serializers.Serializer):
    id = fields.PublicId("referral", source="public_id")
    advocate = fields.PublicId("advocate", source="advocate.person_id")
    friend = fields.PublicId("customer", source="friend.person_id")
    method = serializers.CharField()
    bound_at = fields.Moment()
    orders = serializers.SerializerMethodField(help_text="Those that converted.")

    def get_orders(self, bond) -> list[str]:
        return [ids.encode("ord", conversion.order.public_id) for conversion in bond.conversions.all()]


class Near(serializers.Serializer):
    kind = serializers.ChoiceField(["order", "code", "customer"])
    name = serializers.CharField()
    ask = serializers.CharField(help_text="Its id: what to ask by.")


class ExplanationsAnswer(serializers.Serializer):
    data = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each with its summary, every rule's checks with input and threshold, rewards and transfers.",
    )
    not_arrived = serializers.CharField(
        help_text="Where nothing of that name has arrived: what came last, when, by which way, and what is called "
        "nearly so."
    )
    named = serializers.CharField(
        required=False, help_text="Asked by q: whom it names, and how many they brought; empty of an order."
    )
    orders = NamedOrder(
        many=True, required=False, help_text="Asked by q: those to choose from, or of the person, the newest first."
    )
    friends = NamedBond(many=True, required=False, help_text="Asked by q: whom the person brought.")
    brought_by = NamedBond(many=True, required=False, help_text="Asked by q: who brought the person.")
    nearest = Near(many=True, required=False, help_text="Asked by q and not found: what is called nearly so.")

    example = {
        "data": [
            {
                "summary": "“Thanks for your words”: 5.00 EUR to the customer.",
                "subject": {"id": sample("testimonial"), "kind": "testimonial"},
                "decisions": [],
                "rewards": [],
                "transfers": [],
            }
        ],
        "not_arrived": "",
    }


_ASKED = [
    OpenApiParameter(
        "q",
        str,
        description="Whatever is at hand: an e-mail address, a code, an order number, any id of ours or yours.",
    ),
    OpenApiParameter("subject", str, description="Our id of what a rule was asked about, such as ref_… or tst_…."),
    OpenApiParameter("order", str, description="ord_…, or ext_ and your own id; also one that never came."),
    OpenApiParameter("advocate", str, description="adv_…; with friend."),
    OpenApiParameter("friend", str, description="cus_…, or ext_ and your own id; with advocate."),
]


@documented(
    "Orders",
    get=Call(
        "Explain anything",
        ExplanationsAnswer,
        also=_ASKED,
        description="Ask by q, by subject, by order, or by advocate and friend: why somebody was rewarded, or was not. "
        "`q` is the box “Why?” of the admin: one order is explained in `data`, of several and of a person you are "
        "told which there are, and of what is unknown what came last and what is called nearly so.",
    ),
)
class Explain(Endpoint):
    parameters = {"GET": ("q", "subject", "order", "advocate", "friend")}

    def get(self, request):
        asked = request.query_params
        if set(asked) == {"q"} and asked["q"].strip():
            return Response(self._anything(asked["q"]))
        if set(asked) == {"order"}:
            return Response(self._order(asked["order"]))
        if set(asked) == {"subject"}:
            return Response(self._subject(asked["subject"]))
        if set(asked) == {"advocate", "friend"}:
            return Response(self._pair(asked["advocate"], asked["friend"]))
        raise invalid("Ask by q, or by subject, or by order, or by advocate and friend together.")

    def _anything(self, name):
        mine = [self.request.storefront.pk]
        found = asking.find(name, storefronts=mine)
        missed = None if found.by else asking.miss(name, storefronts=mine, at=self.at)
        listed = {"orders": found.orders, "friends": found.friends, "brought_by": found.brought}
        return {
            "data": [self._told(found.order)] if found.order else [],
            "not_arrived": " ".join(missed.sentences()) if missed else "",
            "named": _named(found),
            "orders": NamedOrder([] if found.order else listed["orders"], many=True).data,
            **{name: NamedBond(listed[name], many=True).data for name in ("friends", "brought_by")},
            "nearest": Near(missed.nearest if missed else [], many=True).data,
        }

    def _told(self, order):
        return timeline.explain_order(storefront=self.request.storefront, order=order)

    def _order(self, name):
        mine = Order.objects.filter(storefront=self.request.storefront).select_related("customer")
        try:
            order = found.one(mine, "order", name, external="external_id")
        except NotFound:
            order = self._called(name)
        if order is None:
            name, here = name.removeprefix("ext_"), [self.request.storefront.pk]
            missed = asking.miss(name, storefronts=here, at=self.at)
            return {"data": [], "not_arrived": " ".join(missed.sentences())}
        return {"data": [self._told(order)], "not_arrived": ""}

    def _called(self, name):
        """By the shop's number or a payment, where one order goes by that."""
        known = list(orders_of.called(name.removeprefix("ext_"), storefronts=[self.request.storefront.pk])[:2])
        return known[0] if len(known) == 1 else None

    def _subject(self, name):
        prefix = name.partition("_")[0]
        kind = next((kind for kind, known in ids.PREFIXES.items() if known == prefix), "")
        public_id = ids.decode(prefix, name) if kind else None
        told = public_id and timeline.explain_subject(
            storefront=self.request.storefront, kind=kind, public_id=public_id
        )
        if not told:
            raise NotFound("unknown_subject", "No rule of this storefront was asked about anything of that id.")
        return {"data": [told], "not_arrived": ""}

    def _pair(self, advocate, friend):
        storefront = self.request.storefront
        advocate = found.one(Advocate.objects.filter(storefront=storefront), "advocate", advocate)
        mine = Customer.objects.filter(storefront=storefront)
        friend = found.one(mine, "customer", friend, external="external_id")
        told = timeline.explain_pair(storefront=storefront, advocate=advocate, friend=friend)
        return {"data": told, "not_arrived": ""}


def _named(found):
    """A sentence for each program that the person advocates in; of other people one."""
    brought = Counter(bond.advocate_id for bond in found.friends)
    rows = {row.pk: row for row in found.advocates}.values()
    said = [f"{row} advocates in “{row.program.name}” and brought {_friends(brought[row.pk])}." for row in rows]
    if found.customer and not said:
        said = [f"{found.customer} is a customer, and advocates in no program."]
    return " ".join(said)


def _friends(count):
    more = " or more" if count >= asking.MOST else ""
    return {0: "nobody yet", 1: "1 friend"}.get(count, f"{count} friends{more}")
