"""The API's read endpoints that join apps, its documentation, and its words where no endpoint was reached."""

import functools

from django.shortcuts import render
from django.views import defaults
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import found, problems
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Advocate, Customer
from advocacy.refusals import NotFound
from config import timeline
from referrals import orders as orders_of
from referrals.models import Conversion, Order

_API = "/api/"


class ExplanationAnswer(serializers.Serializer):
    summary = serializers.CharField(help_text="The answer in a sentence or two.")
    order = serializers.DictField()
    not_attributed = serializers.ListField(child=serializers.DictField(), help_text="Why it brought no conversion.")
    conversions = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each with its referral and candidates, every rule's checks with input and threshold, rewards and "
        "transfers.",
    )
    steps = serializers.ListField(child=serializers.DictField(), help_text="The same as a story, in order of time.")

    example = {
        "summary": "For Alice, 10.00 EUR is on the way.",
        "order": {"id": sample("order"), "external_id": "1001", "status": "paid", "total": euros(5400)},
        "not_attributed": [],
        "conversions": [{"id": sample("conversion"), "decisions": [], "rewards": [], "transfers": []}],
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


class ExplanationsAnswer(serializers.Serializer):
    data = serializers.ListField(
        child=serializers.DictField(),
        help_text="Each with its summary, every rule's checks with input and threshold, rewards and transfers.",
    )
    not_arrived = serializers.CharField(help_text="Where nothing of that name has arrived: what came last, and when.")

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
        description="Ask by subject, by order, or by advocate and friend: why somebody was rewarded, or was not.",
    ),
)
class Explain(Endpoint):
    parameters = {"GET": ("subject", "order", "advocate", "friend")}

    def get(self, request):
        asked = request.query_params
        if set(asked) == {"order"}:
            return Response(self._order(asked["order"]))
        if set(asked) == {"subject"}:
            return Response(self._subject(asked["subject"]))
        if set(asked) == {"advocate", "friend"}:
            return Response(self._pair(asked["advocate"], asked["friend"]))
        raise invalid("Ask by subject, or by order, or by advocate and friend together.")

    def _order(self, name):
        mine = Order.objects.filter(storefront=self.request.storefront).select_related("customer")
        try:
            order = found.one(mine, "order", name, external="external_id")
        except NotFound:
            order = self._called(name)
        if order is None:
            return {"data": [], "not_arrived": timeline.not_arrived(storefront=self.request.storefront, at=self.at)}
        told = timeline.explain_order(storefront=self.request.storefront, order=order)
        return {"data": [told], "not_arrived": ""}

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


class Public(Endpoint):
    authentication_classes = []
    permission_classes = []


@extend_schema(exclude=True)
class Schema(Public):
    """OpenAPI 3 as JSON."""

    def get(self, request):
        return Response(schema())


@functools.cache
def schema():
    """Made once per process: it only changes with the code."""
    return SchemaGenerator().get_schema(request=None, public=True)


@extend_schema(exclude=True)
class Docs(Public):
    """The schema as pages to read and try; everything they load is served by us."""

    def get(self, request):
        return render(request._request, "api/docs.html")


def bad_request(request, exception):
    return problems.plain(request, 400) if _of_api(request) else defaults.bad_request(request, exception)


def forbidden(request, exception):
    return problems.plain(request, 403) if _of_api(request) else defaults.permission_denied(request, exception)


def not_found(request, exception):
    return problems.plain(request, 404) if _of_api(request) else defaults.page_not_found(request, exception)


def failed(request):
    return problems.plain(request, 500) if _of_api(request) else defaults.server_error(request)


def _of_api(request):
    return request.path.startswith(_API)
