"""Every error as a problem document (RFC 9457): a stable code, a sentence that says what to do, the fields."""

import logging
import math
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from advocacy.refusals import Refused, TryAgain

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_NOT_FOUND = "There is nothing here under this address and key."
# Django raises these for what a view never sees; each in words of its own.
PLAIN = {
    400: ("bad_request", "The call could not be read. Check its address and headers."),
    403: ("forbidden", "This call is not allowed."),
    404: ("not_found", _NOT_FOUND),
    500: ("internal_error", "Something went wrong on our side; nothing was written. Try again, and name request_id."),
}

_NO_DATABASE = (503, "try_again", "The database did not answer in time. Try again; what was written stays once.")
# What frameworks raise; None keeps the error's own sentence.
_KNOWN = {
    exceptions.NotAuthenticated: (401, "key_missing", "Send your API key as “Authorization: Bearer sk_live_…”."),
    exceptions.AuthenticationFailed: (401, "key_invalid", None),
    exceptions.PermissionDenied: (403, "secret_key_needed", None),
    PermissionDenied: (403, "forbidden", "This call is not allowed."),
    exceptions.NotFound: (404, "not_found", _NOT_FOUND),
    Http404: (404, "not_found", _NOT_FOUND),
    exceptions.MethodNotAllowed: (405, "method_not_allowed", "Nothing is done by this method here; see Allow."),
    exceptions.UnsupportedMediaType: (415, "not_json", "Send JSON, with the header “Content-Type: application/json”."),
    OperationalError: _NO_DATABASE,
    InterfaceError: _NO_DATABASE,
}


class Unreadable(Refused):
    """The body or the query cannot be understood at all."""

    status = 400


class LengthMissing(Refused):
    status = 411


def handler(error, context):
    """DRF's ``EXCEPTION_HANDLER``. Answers None for our own mistakes, which Django logs and ``plain`` answers."""
    request = context["request"]
    document = document_for(error)
    if document is None:
        return None
    if isinstance(error, exceptions.UnsupportedMediaType):
        document["detail"] = _taken_by(request)
    if document["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s %s: %s", request.method, request.path, error)
    return Response(
        document | {"request_id": _request_id(request)},
        status=document["status"],
        headers=_headers(error),
        content_type=CONTENT_TYPE,
    )


def _taken_by(request):
    """What an endpoint takes; all but a few take JSON alone."""
    types = [f"“Content-Type: {parser.media_type}”" for parser in request.parsers]
    what = "JSON" if "json”" in types[0] else "the file itself"
    return f"Send {what}, with the header {' or '.join(types)}."


def plain(request, status):
    """The same document where no endpoint was reached: for Django's own 400, 403, 404 and 500."""
    code, detail = PLAIN[status]
    document = document_of(status, code, detail) | {"request_id": _request_id(request)}
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)


def document_of(status, code, detail, errors=None):
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors or {},
    }


def document_for(error):
    if isinstance(error, Refused):
        return document_of(error.status, error.code, error.message, error.errors)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    for kind, (status, code, sentence) in _KNOWN.items():
        if isinstance(error, kind):
            return document_of(status, code, sentence or str(getattr(error, "detail", error)))
    if isinstance(error, exceptions.APIException):
        return document_of(error.status_code, str(error.default_code), str(error.detail))
    return None


def _invalid(error):
    errors = flat(error.detail)
    field, sentence = next(iter(errors.items()))
    return document_of(422, "invalid", f"{field}: {sentence}" if field else sentence, errors)


def _headers(error):
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if isinstance(error, (OperationalError, InterfaceError, TryAgain)):
        headers["Retry-After"] = "1"
    elif getattr(error, "wait", None):
        headers["Retry-After"] = str(max(math.ceil(error.wait), 1))
    return headers


def flat(detail, path=""):
    """DRF's nested messages as ``{"products[0].price_minor": "a sentence"}``; the whole body's own are under ""."""
    if isinstance(detail, dict):
        return _joined(flat(inner, _below(path, name)) for name, inner in detail.items())
    if isinstance(detail, list) and any(isinstance(inner, (dict, list)) for inner in detail):
        return _joined(flat(inner, f"{path}[{place}]") for place, inner in enumerate(detail) if inner)
    sentences = detail if isinstance(detail, list) else [detail]
    return {path: " ".join(str(sentence) for sentence in sentences)}


def _below(path, name):
    if name == "non_field_errors":
        return path
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name


def _joined(parts):
    return {field: sentence for part in parts for field, sentence in part.items()}


def _request_id(request):
    return getattr(request, "request_id", "")
