"""What is known of the clicks that brought a batch."""

from urllib.parse import parse_qsl, urlsplit

from referrals.models.click import Click


def of(cases):
    """``{click: (host it came from, names of its parameters)}``; of pruned ones nothing is known."""
    clicks = [each.click for each in cases if each.first and each.click]
    rows = Click.objects.filter(pk__in=clicks).values_list("id", "referrer", "query") if clicks else ()
    return {click: (_host(referrer), _names(query)) for click, referrer, query in rows}


def _names(query):
    """Of the parameters, those of the page's whole address included, where a shop told of the visit."""
    return {*query, *(name for name, _ in _pairs(query.get("url", "")))}


def _pairs(address):
    try:
        return parse_qsl(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        return ()


def _host(address):
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
