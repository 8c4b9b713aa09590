"""The API's read endpoints that join apps, its documentation, and its words where no endpoint was reached."""

import functools

from django.shortcuts import render
from django.views import defaults
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import found, problems
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, euros, sample
from advocacy.api.schema import Call, documented, path_parameters
from config import timeline
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
