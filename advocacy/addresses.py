"""Where a request comes from. Never stored as it is."""

from django.conf import settings


def of(request):
    """The client's network address: what our own proxies say, or else the connection's. Clients may write the rest."""
    proxies = settings.TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return forwarded[-proxies] if 0 < proxies <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
