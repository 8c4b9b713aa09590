"""Who calls: the key in ``Authorization: Bearer …``, and what each kind of key may do."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from advocacy import customers, keys, tokens, twins
from advocacy.api import scopes
from advocacy.api.problems import Unreadable
from advocacy.models import KeyKind
from advocacy.refusals import NotFound, Refused

CUSTOMER_TOKEN = "Customer-Token"  # noqa: S105 - a header's name


class Forbidden(Refused):
    status = 403


class ApiKeyAuthentication(BaseAuthentication):
    """Sets ``request.storefront``, which every query of an endpoint starts from, and ``request.auth``, the key.

    ``request.claims`` are those of the Customer-Token beside a publishable key, or None.
    """

    def authenticate(self, request):
        header = get_authorization_header(request).decode("latin-1")
        request.claims = None
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        now = timezone.now()
        key = keys.find(token.strip(), now) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed(
                "This API key is not valid. Send a key of your storefront as “Authorization: Bearer sk_live_…”; "
                "it may have been mistyped, revoked or expired."
            )
        request.storefront = key.storefront
        # For what stands around the endpoints: see ``advocacy.api.cors``.
        request._request.api_key = key
        if CUSTOMER_TOKEN in request.headers:
            request.claims = self._claims(request, key, now)
        return None, key

    def _claims(self, request, key, now):
        if key.kind != KeyKind.PUBLISHABLE:
            raise Unreadable(
                "customer_token_not_taken", f"{CUSTOMER_TOKEN} stands beside a publishable key; a server needs none."
            )
        at = twins.clock(key.storefront, now)
        return tokens.read(storefront=key.storefront, token=request.headers[CUSTOMER_TOKEN], at=at)

    def authenticate_header(self, request):
        return 'Bearer realm="api"'


class AnyKey(BasePermission):
    """For what a browser may do: read what is public, and write clicks and shares."""

    def has_permission(self, request, view):
        return request.auth is not None and self.may(request) and scopes.check(request, view)

    def may(self, request):
        return True


class SecretKey(AnyKey):
    """For servers only; the default of every endpoint."""

    message = "A publishable key cannot do this. Call it from your server with a secret key (sk_…)."

    def may(self, request):
        return request.auth.kind == KeyKind.SECRET


class TestKey(SecretKey):
    """For servers, and only on a test twin: what live data must never meet."""

    def may(self, request):
        if not super().may(request):
            return False
        if request.storefront.test_twin_of_id is None:
            raise Forbidden("test_key_needed", "Only a test key (sk_test_…) does this; live data is never touched.")
        return True


class AsCustomer(AnyKey):
    """For a widget: a publishable key, and a token that says which customer looks at it."""

    def may(self, request):
        if request.claims is None:
            raise Forbidden(
                "customer_token_needed",
                f"Send the header {CUSTOMER_TOKEN} that your server signed for this customer, beside a publishable "
                "key (pk_…).",
            )
        return True


def customer_of(request):
    """The customer that the token names, or None without a token. NotFound where no such customer was told yet."""
    if request.claims is None:
        return None
    customer = customers.find(storefront=request.storefront, external_id=request.claims.external_id)
    if customer is None:
        raise NotFound("unknown_customer", "This customer is not known yet; enrol them, or have your server send them.")
    return customer
