"""Who calls: the key in ``Authorization: Bearer …``, and what each kind of key may do."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from advocacy import keys
from advocacy.models import KeyKind


class ApiKeyAuthentication(BaseAuthentication):
    """Sets ``request.storefront``, which every query of an endpoint starts from, and ``request.auth``, the key."""

    def authenticate(self, request):
        header = get_authorization_header(request).decode("latin-1")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        key = keys.find(token.strip(), timezone.now()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed(
                "This API key is not valid. Send a key of your storefront as “Authorization: Bearer sk_live_…”; "
                "it may have been mistyped, revoked or expired."
            )
        request.storefront = key.storefront
        # For what stands around the endpoints: see ``advocacy.api.cors``.
        request._request.api_key = key
        return None, key

    def authenticate_header(self, request):
        return 'Bearer realm="api"'


class AnyKey(BasePermission):
    """For what a browser may do: read what is public, and write clicks."""

    def has_permission(self, request, view):
        return request.auth is not None


class SecretKey(AnyKey):
    """For servers only; the default of every endpoint."""

    message = "A publishable key cannot do this. Call it from your server with a secret key (sk_…)."

    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.auth.kind == KeyKind.SECRET
