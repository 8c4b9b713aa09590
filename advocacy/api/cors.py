"""What browsers ask before a page may call: the API answers registered origins only, and publishable keys only.

A page never holds a secret key, so answers to one carry nothing that would let a page read them.
"""

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers

from advocacy import origins
from advocacy.models import KeyKind

_API = "/api/v1/"
# Seconds; browsers ask again after two hours at the latest.
_REMEMBERED = "7200"
_ALLOWED = "Authorization, Content-Type, Customer-Token, Idempotency-Key, X-Request-Id"
_LIMITS = "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy"
_EXPOSED = f"X-Request-Id, Retry-After, Idempotent-Replayed, Advocacy-Outdated, {_LIMITS}"


class RegisteredOrigins:
    """Answers preflights, and lets pages of the key's storefront read answers. Before everything that could refuse."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(_API):
            return self.get_response(request)
        origin = request.headers.get("Origin", "")
        if _is_preflight(request) and origins.is_known(origin):
            response = _preflight(origin)
        else:
            response = self.get_response(request)
            if origin and _may_read(origin, getattr(request, "api_key", None)):
                response["Access-Control-Allow-Origin"] = origin
                response["Access-Control-Expose-Headers"] = _EXPOSED
        patch_vary_headers(response, ["Origin"])
        return response


def _is_preflight(request):
    return request.method == "OPTIONS" and {"Origin", "Access-Control-Request-Method"} <= set(request.headers)


def _preflight(origin):
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": _REMEMBERED,
        },
    )


def _may_read(origin, key):
    """A call without a valid key was refused: whoever may call learns why."""
    if key is None:
        return origins.is_known(origin)
    return key.kind == KeyKind.PUBLISHABLE and origins.may_call(origin, storefront=key.storefront)
