"""The API's documentation, and its words where no endpoint was reached."""

import functools

from django.shortcuts import render
from django.views import defaults
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from advocacy.api import problems
from advocacy.api.endpoint import Endpoint

_API = "/api/"


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
