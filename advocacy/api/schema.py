"""What the API's documentation says of each endpoint, beside what is read from its serializers."""

import functools
import re
from dataclasses import dataclass, field, replace

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from advocacy.api import expanding, keyed, keys, lists, problems, scopes
from advocacy.api.keys import AnyKey, AsCustomer, SecretKey


class Problem(serializers.Serializer):
    """RFC 9457, with a stable ``code``."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; made for programs.")
    detail = serializers.CharField(help_text="Says what to do; made for people.")
    errors = serializers.DictField(child=serializers.CharField(), help_text="A sentence by field.")
    request_id = serializers.CharField(help_text="Name it when you ask about a call; also in X-Request-Id.")


# One example of each, as (code, detail, errors).
_PROBLEMS = {
    400: ("invalid_json", "The body is not JSON: Expecting value at line 1, column 1.", {}),
    401: ("key_missing", "Send your API key as “Authorization: Bearer sk_live_…”.", {}),
    403: ("secret_key_needed", SecretKey.message, {}),
    404: ("unknown_order", "There is no order 'ord_01kb1c6d3xf8k9v2q4w7e5r1tn' in this storefront.", {}),
    409: ("idempotency_conflict", "This id was sent before with other content; send a change with PUT.", {}),
    413: ("body_too_large", "A body has at most 524288 bytes here; send less at once.", {}),
    429: ("too_many_calls", "At most 600 calls a minute are taken here; call again after Retry-After, and slower.", {}),
    415: ("not_json", "Send JSON, with the header “Content-Type: application/json”.", {}),
    422: (
        "invalid",
        "totl_minor: unknown field: totl_minor; did you mean total_minor?",
        {"totl_minor": "unknown field: totl_minor; did you mean total_minor?"},
    ),
}
_WORDS = {
    400: "The body or the query cannot be read.",
    401: "No valid API key.",
    403: "A publishable key where a secret key is needed.",
    404: "Nothing of that name in this storefront.",
    409: "The same id was used for something else before.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Called too often; Retry-After says when it is taken again.",
    422: "The fields contradict each other or a rule; nothing was written.",
}
_PATH_WORDS = {
    "id": "Ours, such as ord_…, or ext_ and yours.",
    "external_id": "Your own id of it.",
    "refund_id": "Your own id of the refund, or ours, rfd_….",
    "fulfilment_id": "Your own id of the parcel, or ours, ful_….",
    "survey": "Your own id of the survey.",
    "name": "As your traits write it.",
    "list": "Its name, such as orders; another name is answered with all that there are.",
    "customer": "cus_…, or ext_ and your own id.",
    "code": "As somebody typed it; capitals do not matter.",
    "metric": "Its id, such as click_to_signup.",
    "figure": "The id of a figure, as GET /figures lists it.",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    keyed.HEADER,
    {"type": "string", "pattern": f"^[ -~]{{1,{keyed.LONGEST}}}$"},
    "header",
    required=True,
    description=f"A new random text for each thing you want done, such as a UUID; at most {keyed.LONGEST} characters. "
    "The same one with the same call does nothing more and finds what the first made (200, Idempotent-Replayed: "
    "true); with another call it is 422 idempotency_key_reused; while the first is worked on, 409 with Retry-After.",
)
OUTDATED = OpenApiParameter(
    "Advocacy-Outdated",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[200],
    description="true where a newer `updated_at` is known, so that this call brought nothing up to date.",
)


@dataclass(frozen=True)
class Call:
    """One operation. ``takes`` and ``gives`` are serializers with an ``example``."""

    summary: str
    gives: type
    takes: type | None = None
    many: bool = False
    creates: bool = False
    # What it answers of what was here already, where that is not what it gives.
    found: type | None = None
    # What it answers with 202 where the work can only be done later.
    waits: type | None = None
    # Whether a call that is sent again finds what the first one made.
    repeats: bool = True
    # Whether it needs an Idempotency-Key; the endpoint works inside ``advocacy.api.keyed``.
    keyed: bool = False
    # Whether it only reads, whatever its method: decides its scope.
    reads: bool = False
    description: str = ""
    also: list = field(default_factory=list)


def documented(tag, **calls):
    """Describe a view's methods: ``@documented("Orders", get=Call(…), post=Call(…))``."""

    def decorate(view):
        if not view.scope_of_its_calls:
            view.scopes = {method.upper(): scopes.of(tag, method, reads=call.reads) for method, call in calls.items()}
        if "get" in calls:
            view.expands = expanding.fields_of(calls["get"].gives)
        known = {method: _operation(tag, method, call, view) for method, call in calls.items()}
        return extend_schema_view(**known)(view)

    return decorate


def _operation(tag, method, call, view):
    return extend_schema(
        operation_id=re.sub(r"\W+", "_", call.summary.lower()).strip("_"),
        summary=call.summary,
        description=_description(tag, method, call, view),
        tags=[tag],
        request=call.takes,
        responses=_answers(method, call) | _problems(method),
        parameters=_parameters(method, call, view),
        examples=_examples(call),
    )


def _description(tag, method, call, view):
    needs = "" if view.scope_of_its_calls else scopes.sentence(tag, method, reads=call.reads)
    return (call.description or call.summary + ".") + needs


def _parameters(method, call, view):
    own = [*call.also, *(lists.parameters_of(view.filters) if call.many else [])]
    if method == "get" and view.expands:
        own.append(_expand(sorted(view.expands)))
    return [*own, IDEMPOTENCY_KEY] if call.keyed else own


def _expand(names):
    one = f"({'|'.join(names)})"
    words = f"Whole answers in the place of these ids, separated by commas: {', '.join(names)}."
    return OpenApiParameter(expanding.PARAMETER, {"type": "string", "pattern": f"^{one}(,{one})*$"}, description=words)


def _answers(method, call):
    answer = page_serializer(call.gives) if call.many else call.gives
    if call.waits:
        later = {202: OpenApiResponse(call.waits, description="Kept; it is taken when what it belongs to arrives.")}
        return later | _answers(method, replace(call, waits=None))
    if not call.creates:
        return {200: OpenApiResponse(answer, description="As it is now.")}
    if not call.repeats:
        return {201: OpenApiResponse(answer, description="Created.")}
    known = "It was here already (Idempotent-Replayed: true); as it is now."
    if method == "put":
        known = "It was here already; as it is now."
    return {
        201: OpenApiResponse(answer, description="Created."),
        200: OpenApiResponse(call.found or answer, description=known),
    }


@functools.cache
def page_serializer(answer):
    """One of each, for two lists may show the same."""
    return inline_serializer(
        name=f"{answer.__name__.removesuffix('Answer')}Page",
        fields={
            "data": answer(many=True),
            "next_cursor": serializers.CharField(allow_null=True, help_text="Of the next page; null on the last."),
        },
    )


def _examples(call):
    shown = []
    if call.takes:
        shown.append(OpenApiExample("Call", value=call.takes.example, request_only=True))
    value = {"data": [call.gives.example], "next_cursor": None} if call.many else call.gives.example
    shown.append(OpenApiExample("Answer", value=value, response_only=True, status_codes=["200", "201"]))
    if call.waits:
        shown.append(OpenApiExample("Waiting", value=call.waits.example, response_only=True, status_codes=["202"]))
    return shown


def _problems(method):
    statuses = [400, 401, 403, 404, 429]
    if method in ("post", "put", "patch"):
        statuses += [409, 413, 415, 422]
    return {(status, problems.CONTENT_TYPE): _problem(status) for status in statuses}


def _problem(status):
    code, detail, errors = _PROBLEMS[status]
    value = problems.document_of(status, code, detail, errors) | {"request_id": "req_01kb1c6d3xf8k9v2q4w7e5r1tn"}
    example = OpenApiExample(
        code, value=value, media_type=problems.CONTENT_TYPE, response_only=True, status_codes=[str(status)]
    )
    return OpenApiResponse(Problem, description=_WORDS[status], examples=[example])


def path_parameters(*names):
    return [OpenApiParameter(name, str, "path", description=_PATH_WORDS[name]) for name in names]


def parameter(name, words):
    """A query parameter with a text."""
    return OpenApiParameter(name, str, description=words)


def switch(name, words):
    """A query parameter that is on or off."""
    return OpenApiParameter(name, bool, description=words)


def closed(result, **_):
    """A hook of drf-spectacular: what is sent has no fields but those that are named."""
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request") and component.get("type") == "object":
            component.setdefault("additionalProperties", False)
            _say_what_may_be_null(component)
        for place in expanding.EXPANDED.get(name, ()):
            shown = component["properties"][place]
            words = {word: shown.pop(word) for word in ("nullable", "readOnly", "description") if word in shown}
            whole = {"type": "object", "additionalProperties": {}, "description": "With expand."}
            component["properties"][place] = {"oneOf": [shown, whole], **words}
    return result


def _say_what_may_be_null(component):
    """A field that may be left out may be null, which means the same."""
    for name, shown in component.get("properties", {}).items():
        if name not in component.get("required", ()) and not shown.get("nullable"):
            whole = {"allOf": [shown]} if "$ref" in shown else shown
            component["properties"][name] = whole | {"nullable": True}


class KeySchemes(OpenApiAuthenticationExtension):
    """How calls are signed, for the schema: either key where a browser may call, else the secret one."""

    target_class = "advocacy.api.keys.ApiKeyAuthentication"
    name = ["secretKey", "publishableKey", "customerToken"]

    def get_security_requirement(self, auto_schema):
        permissions = auto_schema.view.get_permissions()
        either = all(isinstance(each, AnyKey) and not isinstance(each, SecretKey) for each in permissions)
        if any(isinstance(each, AsCustomer) for each in permissions):
            return [{"publishableKey": [], "customerToken": []}]
        return [{"secretKey": []}] + ([{"publishableKey": []}] if either else [])

    def get_security_definition(self, auto_schema):
        return [
            {"type": "http", "scheme": "bearer", "description": "sk_live_…: for servers; may do everything."},
            {"type": "http", "scheme": "bearer", "description": "pk_live_…: for browsers; reads what is public."},
            {
                "type": "apiKey",
                "in": "header",
                "name": keys.CUSTOMER_TOKEN,
                "description": "Beside pk_live_…: a JWT (HS256) with external_id and exp, signed by your server.",
            },
        ]
