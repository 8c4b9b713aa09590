"""What every request gets: a name to find it by in the logs, its way past what it needs nothing of, and its policy."""

import re

from csp.utils import build_policy
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest

from advocacy import ids

# What machines call: endpoints, and where platforms send what happened.
_MACHINES, _DOCS = ("/api/v1/", "/in/"), "/api/v1/docs"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch


class Request(WSGIRequest):
    """Takes a Content-Type that nobody can read for none, where Django would not answer at all."""

    def _set_content_type_params(self, meta):
        try:
            super()._set_content_type_params(meta)
        except ValueError:
            # Such as a charset* in an encoding that does not exist. Whoever reads it later finds none either.
            meta["CONTENT_TYPE"] = ""
            super()._set_content_type_params(meta)


class RequestId:
    """Keeps a well-formed ``X-Request-Id`` of the caller, else makes one; the answer carries it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _ACCEPTABLE(given) else ids.encode("req", ids.uuid7())
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id
        return response


class StraightToEndpoints:
    """Leads calls of machines past what only pages need: sessions, forms, languages, static files.

    Stands before all of that; ``Endpoints`` stands behind it, last. Endpoints know nobody but their keys, speak English
    and have no forms. Their answers get the headers that pages get. Docs of the API are a page.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.answer = convert_exception_to_response(self._answer)
        # Django makes the last middleware first, so this is the one of the same chain.
        self.endpoints = Endpoints.newest
        self.headers = {
            "Content-Language": "en",
            "Content-Security-Policy": build_policy(),
            "Vary": "Accept-Language",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
        }

    def __call__(self, request):
        path = request.path_info
        # With DEBUG errors are pages.
        if settings.DEBUG or not path.startswith(_MACHINES) or path == _DOCS:
            return self.get_response(request)
        response = self.answer(request)
        for name, text in self.headers.items():
            response.headers.setdefault(name, text)
        if not response.streaming and "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
        return response

    def _answer(self, request):
        # Raises DisallowedHost.
        request.get_host()
        return self.endpoints.get_response(request)


class Endpoints:
    """Where ``StraightToEndpoints`` leads."""

    newest = None

    def __init__(self, get_response):
        self.get_response = get_response
        Endpoints.newest = self

    def __call__(self, request):
        return self.get_response(request)


class AdminPolicy:
    """Gives the admin's pages their own content security policy; stands inside the middleware that writes it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith("/admin/"):
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return response
