"""What every endpoint does before and after its one domain call."""

from http import HTTPStatus

from django.conf import settings
from django.utils import timezone, translation
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.response import Response
from rest_framework.views import APIView

from advocacy import twins
from advocacy.api import expanding, fields, limits, parsing
from advocacy.api.problems import LengthMissing, Unreadable
from advocacy.refusals import NotFound


class AlwaysJson(DefaultContentNegotiation):
    """Answers JSON whatever the caller would rather have."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class Waiting(Response):
    """A call of a batch that was checked: its ``question`` is asked together with those of the calls beside it."""

    def __init__(self, question):
        super().__init__(None)
        self.question = question


class Endpoint(APIView):
    """Has ``self.at``, the moment of the call by the storefront's clock, and ``request.storefront``.

    ``parameters`` names the query parameters by method; any other is refused, so that a mistyped filter never
    looks like an answer.
    """

    # What is left of the caller's limit, for the headers; None where nobody counts.
    room = None
    # Whether it only passes calls on, each of which needs a scope of its own.
    scope_of_its_calls = False
    # Of an endpoint whose POST may be one of many in a batch: where it ``waits_for_others`` it answers ``Waiting``,
    # ``ask_together(questions)`` answers each, or with the error to be told, ``answered(answer)`` is the response.
    ask_together = None
    waits_for_others = False
    # Of an address that ends in a word, such as /advocates/batch: what an id in its place names. Whoever asks for that
    # finds nothing, rather than a method that is not allowed.
    beside = None
    # The fields of its answer to GET that may be whole answers: see ``advocacy.api.expanding``.
    expands = {}
    expanded = {}
    # Parameters that its neighbours take and it does not, with why, as a sentence.
    declines = {}
    body_limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    parameters = {}
    content_negotiation_class = AlwaysJson
    metadata_class = None

    def dispatch(self, request, *args, **kwargs):
        # One language for what machines and developers read, whatever the browser prefers.
        with translation.override("en"):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.at = self._moment(request)
        for name, text in kwargs.items():
            parsing.check_text(text, name)
        self._check_query(request)
        self.expanded = expanding.wanted(request, self.expands) if expanding.PARAMETER in request.query_params else {}
        if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
            # Such a body would be read as an empty one.
            raise LengthMissing("length_required", "Send the body with a Content-Length header.")

    @staticmethod
    def _moment(request):
        storefront = getattr(request, "storefront", None)
        return twins.clock(storefront, timezone.now()) if storefront else timezone.now()

    def http_method_not_allowed(self, request, *args, **kwargs):
        if self.beside and request.method in ("GET", "PUT", "PATCH"):
            word = request.path.rpartition("/")[2]
            raise NotFound(f"unknown_{self.beside}", f"There is no {self.beside} {word!a} in this storefront.")
        super().http_method_not_allowed(request, *args, **kwargs)

    def perform_authentication(self, request):
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            self.room = limits.of_stranger(request)
            raise

    def check_throttles(self, request):
        """Asked by DRF once it is known who calls and that they may."""
        if request.auth is not None:
            self.room = limits.of_call(request)

    def handle_exception(self, exc):
        self.room = getattr(exc, "room", self.room)
        return super().handle_exception(exc)

    def finalize_response(self, request, response, *args, **kwargs):
        if self.expanded and response.status_code == HTTPStatus.OK:
            context = {"at": self.at}
            expanding.expand(response.data, self.expanded, storefront=self.request.storefront, context=context)
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, text in (self.room.headers() if self.room else {}).items():
            response[name] = text
        return response

    def known_parameters(self, method):
        expand = (expanding.PARAMETER,) if method == "GET" and self.expands else ()
        return (*self.parameters.get(method, ()), *expand)

    def _check_query(self, request):
        known = self.known_parameters("GET" if request.method == "HEAD" else request.method)
        for name, texts in request.query_params.lists():
            parsing.check_text(name, "")
            if name in self.declines:
                raise Unreadable("unknown_parameter", f"{name} is not taken here: {self.declines[name]}")
            if name not in known:
                wanted = f"it takes {', '.join(sorted(known))}" if known else "it takes none"
                raise Unreadable("unknown_parameter", f"unknown query parameter: {name[:60]!a}; {wanted}.")
            if len(texts) > 1:
                raise Unreadable("repeated_parameter", f"The query parameter {name} is sent twice; send it once.")
            parsing.check_text(texts[0], name)

    def taken(self, serializer):
        """The call's fields, checked; only what was sent."""
        context = {"at": self.at, "storefront": self.request.storefront}
        return fields.validated(serializer, self.request.data, context)

    def flag(self, name):
        """A query parameter that is on or off."""
        text = self.request.query_params.get(name, "false")
        if text not in ("true", "false"):
            raise Unreadable("invalid_parameter", f"{name} must be true or false.")
        return text == "true"


def told(serializer, row):
    """The answer about one row, for calls that come often."""
    return fields.shown(serializer, row)


def created(data, *, new):
    """201 for what is new; 200 with ``Idempotent-Replayed`` for what was here already."""
    return Response(data, status=201) if new else Response(data, headers={"Idempotent-Replayed": "true"})
