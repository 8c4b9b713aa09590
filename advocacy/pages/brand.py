"""Whose page this is, where only the host says it."""

from django.http.request import split_domain_port

from advocacy.models import Storefront


def of_host(request):
    """The storefront that owns the host, or the only one there is; else None. One query on a host of its own."""
    host = split_domain_port(request.get_host())[0].lower()
    live = Storefront.objects.filter(test_twin_of__isnull=True)
    return live.filter(link_domain__iexact=host).first() or _only(live)


def _only(live):
    first = list(live.order_by("pk")[:2])
    return first[0] if len(first) == 1 else None
