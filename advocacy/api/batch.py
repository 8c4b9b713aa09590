"""``POST /batch``: up to 100 calls in one, each as if it had come alone."""

import io
import itertools
import json
import logging

from django.core.handlers.wsgi import WSGIRequest
from django.http import JsonResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from advocacy.api import fields, keyed, problems
from advocacy.api.endpoint import Endpoint, Waiting
from advocacy.api.keys import AnyKey
from advocacy.api.schema import Call, documented

log = logging.getLogger(__name__)
MOST_CALLS = 100
METHODS = [(method, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
# What an answer says beside its body.
_TOLD = ("Idempotent-Replayed", "Advocacy-Outdated", "Retry-After", "Location")
# What each call has of its own, instead of what came with the batch.
_OWN = ("HTTP_IDEMPOTENCY_KEY", "HTTP_TRANSFER_ENCODING", "HTTP_X_HTTP_METHOD_OVERRIDE", "CONTENT_ENCODING")


class OneCall(fields.StrictSerializer):
    method = fields.Choice(METHODS)
    path = fields.Name(max_length=2000, help_text="As after /api/v1, with its query: /orders?lenient=true.")
    body = serializers.DictField(required=False, help_text="As in the call itself.")
    idempotency_key = fields.Text(
        required=False, max_length=keyed.LONGEST, help_text="Where the call needs an Idempotency-Key."
    )

    def run_validation(self, data=serializers.empty):
        """The call, or the error that it is answered with: those beside it are taken."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError as error:
            method = data.get("method") if isinstance(data, dict) else None
            wrong_method = isinstance(method, str) and "method" in error.detail
            return exceptions.MethodNotAllowed(method) if wrong_method else error


class BatchOfCalls(fields.StrictSerializer):
    calls = serializers.ListField(child=OneCall(), min_length=1, max_length=MOST_CALLS)

    example = {
        "calls": [
            {"method": "PUT", "path": "/customers/fred", "body": {"email": "fred@example.com"}},
            {"method": "GET", "path": "/wallets/ext_alice"},
        ]
    }


class OneResult(serializers.Serializer):
    status = serializers.IntegerField(help_text="As the call itself is answered.")
    headers = serializers.DictField(child=serializers.CharField(), help_text=f"Of {', '.join(_TOLD)}, what was there.")
    body = serializers.JSONField(help_text="The answer, or a problem document.")


class BatchResults(serializers.Serializer):
    results = OneResult(many=True, help_text="In the order of the calls.")

    example = {"results": [{"status": 404, "headers": {}, "body": {"code": "unknown_customer", "status": 404}}]}


@documented(
    "Batch",
    post=Call(
        "Make many calls",
        BatchResults,
        takes=BatchOfCalls,
        description=f"Up to {MOST_CALLS} calls, done one after the other in their order. Each is checked, limited, "
        "written and answered by itself; one that fails undoes no other. New orders beside each other are written "
        "together. The answer is 200 either way. Sent again, "
        "each call finds what it made before, as it does alone. A batch holds no batch. With a key that has scopes, "
        "each call needs its own.",
    ),
)
class Batch(Endpoint):
    permission_classes = [AnyKey]
    scope_of_its_calls = True
    body_limit = 8 * Endpoint.body_limit

    def post(self, request):
        calls = [self._prepared(call) for call in self.taken(BatchOfCalls)["calls"]]
        results = []
        for kind, group in itertools.groupby(calls, key=lambda call: call.together):
            beside = list(group)
            results += _asked_together(kind, beside) if kind else [call.answered() for call in beside]
        return Response({"results": [_result(answer) for answer in results]})

    def _prepared(self, call):
        if isinstance(call, exceptions.APIException):
            return _Unfit(call, self.request._request.request_id)
        request = self._request(call)
        try:
            view, arguments, named = resolve(request.path_info)
        except Resolver404:
            return _Call(request, None)
        return _Call(request, view if self._may_stand_here(view) else None, arguments, named)

    def _may_stand_here(self, view):
        kind = getattr(view, "view_class", None)
        return bool(kind) and issubclass(kind, Endpoint) and not issubclass(kind, Batch)

    def _request(self, call):
        outer = self.request._request
        base = outer.path_info.rpartition("/")[0]
        path, _, query = call["path"].partition("?")
        raw = json.dumps(call["body"]).encode() if "body" in call else b""
        environ = {name: value for name, value in outer.META.items() if name not in _OWN}
        environ |= {
            "REQUEST_METHOD": call["method"],
            "PATH_INFO": _wsgi(f"{base}/{path.lstrip('/')}"),
            "QUERY_STRING": _wsgi(query),
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw),
        }
        if "idempotency_key" in call:
            environ["HTTP_IDEMPOTENCY_KEY"] = _wsgi(call["idempotency_key"])
        request = WSGIRequest(environ)
        request.request_id = outer.request_id
        return request


class _Unfit:
    """What is no call at all: answered with what is wrong with it."""

    together = None

    def __init__(self, error, request_id):
        self.document = problems.document_for(error) | {"request_id": request_id}

    def answered(self):
        return JsonResponse(self.document, status=self.document["status"], content_type=problems.CONTENT_TYPE)


class _Call:
    """One call of a batch; ``view`` is None where there is nothing to call."""

    def __init__(self, request, view, arguments=(), named=None):
        self.request, self.view = request, view
        self.arguments, self.named = arguments, named or {}
        self.kind = view and view.view_class

    @property
    def together(self):
        """The endpoint, where it asks what several calls beside each other say at once."""
        return self.kind if self.kind and self.kind.ask_together and self.request.method == "POST" else None

    def answered(self, *, waits=False):
        if self.kind is None:
            return problems.plain(self.request, 404)
        self.endpoint = self.kind(**self.view.view_initkwargs, waits_for_others=waits)
        self.endpoint.setup(self.request, *self.arguments, **self.named)
        return self._told(lambda: self.endpoint.dispatch(self.request, *self.arguments, **self.named))

    def finished(self, answer):
        """The answer of a call that waited, which is what the others' question brought, or an error."""
        endpoint = self.endpoint

        def told():
            with translation.override("en"):
                failed = isinstance(answer, Exception)
                made = endpoint.handle_exception(answer) if failed else endpoint.answered(answer)
                return endpoint.finalize_response(endpoint.request, made, *self.arguments, **self.named)

        return self._told(told)

    def _told(self, make):
        try:
            answer = make()
            return answer.render() if hasattr(answer, "render") and not isinstance(answer, Waiting) else answer
        except Exception:
            log.exception("%s %s failed in a batch; the other calls go on.", self.request.method, self.request.path)
            return problems.plain(self.request, 500)


def _asked_together(kind, calls):
    """Each is checked by itself; what is left of them is asked at once, as calls at the same moment are."""
    answers = [call.answered(waits=len(calls) > 1) for call in calls]
    waiting = [place for place, answer in enumerate(answers) if isinstance(answer, Waiting)]
    found = _found(kind, [answers[place].question for place in waiting]) if waiting else ()
    for place, answer in zip(waiting, found, strict=True):
        answers[place] = calls[place].finished(answer)
    return answers


def _found(kind, questions):
    """An answer or an error to each; where asking them fails as a whole, that to each: the other calls go on."""
    try:
        return list(kind.ask_together(questions))
    except Exception as error:
        log.exception("Asking %s of %s together failed in a batch.", len(questions), kind.__name__)
        return [error] * len(questions)


def _result(answer):
    told = {name: answer[name] for name in _TOLD if name in answer}
    return {"status": answer.status_code, "headers": told, "body": _body(answer)}


def _wsgi(text):
    """As a server hands on what came over the wire: its bytes, read as Latin-1."""
    return text.encode().decode("latin-1")


def _body(answer):
    """Tables and files stand in the answer as a text."""
    text = answer.content.decode()
    return json.loads(text) if "json" in answer.get("Content-Type", "") else text
