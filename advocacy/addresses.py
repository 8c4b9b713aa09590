"""Where a request comes from. Never stored as it is."""

from django.conf import settings


def of(request):
    """The client's network address: what our own proxies say, or else the connection's. Clients may write the rest."""
    return of_environment(request.META)


def of_environment(environ):
    """The same, by the request's WSGI environment."""
    proxies = settings.TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return forwarded[-proxies] if 0 < proxies <= len(forwarded) else environ.get("REMOTE_ADDR", "")
