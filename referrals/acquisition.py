"""By what a customer was acquired: a friend, or what the source of their first order says, or else that of their
sign-up. Pure, and the same as SQL.

``source`` is what a shop tells of an order or a customer, such as ``{"utm_source": "google", "utm_medium": "cpc"}``.
"""

from referrals.models import Channel

# The first of these that is said decides. What a medium says goes before the site that it was on.
_MEDIUM, _SITE, _REFERRER = (
    ("utm_medium", "medium", "channel"),
    ("utm_source", "source"),
    ("referrer", "referring_site"),
)
_PAID = ("cpc", "ppc", "paidsearch", "paid", "paid_search", "sem", "cpm", "display", "ads")
_SEARCH = ("google", "bing", "duckduckgo", "ecosia", "yahoo", "baidu", "yandex")
_SOCIAL = ("facebook", "instagram", "tiktok", "pinterest", "youtube", "reddit", "linkedin", "twitter", "x", "whatsapp")
_MEDIA = {
    "organic": Channel.ORGANIC_SEARCH,
    "organic_search": Channel.ORGANIC_SEARCH,
    "search": Channel.ORGANIC_SEARCH,
    "social": Channel.SOCIAL,
    "organic_social": Channel.SOCIAL,
    "paid_social": Channel.PAID_SOCIAL,
    "paidsocial": Channel.PAID_SOCIAL,
    "email": Channel.EMAIL,
    "e-mail": Channel.EMAIL,
    "newsletter": Channel.EMAIL,
    "affiliate": Channel.AFFILIATE,
    "partner": Channel.AFFILIATE,
    "direct": Channel.DIRECT,
    "none": Channel.DIRECT,
    "(none)": Channel.DIRECT,
    "web": Channel.OTHER,
}


def channel_of(*sources, referred):
    """The Channel that the first of the sources names that names one; OTHER where none does."""
    if referred:
        return Channel.REFERRAL
    return next((found for source in sources if (found := _of(source)) != Channel.OTHER), Channel.OTHER)


def _of(source):
    medium, site = _said(source, _MEDIUM), _site(_said(source, _SITE) or _host(_said(source, _REFERRER)))
    if medium in _PAID:
        return Channel.PAID_SOCIAL if site in _SOCIAL else Channel.PAID_SEARCH
    if medium in _MEDIA:
        return _MEDIA[medium]
    if site in _SEARCH:
        return Channel.ORGANIC_SEARCH
    return Channel.SOCIAL if site in _SOCIAL else Channel.DIRECT if site == "direct" else Channel.OTHER


def _said(source, names):
    found = (source.get(name) for name in names)
    return next((each.strip(" ").lower() for each in found if isinstance(each, str) and each.strip(" ")), "")


def _host(address):
    return address.split("//", 1)[-1].split("/", 1)[0]


def _site(text):
    """``www.google.co.uk`` → google."""
    return text.removeprefix("www.").removeprefix("m.").removeprefix("l.").split(".", 1)[0]


def _first(names):
    said = [
        f"CASE jsonb_typeof({{source}} -> '{name}') WHEN 'string' "
        f"THEN nullif(lower(trim({{source}} ->> '{name}')), '') END"
        for name in names
    ]
    return f"coalesce({', '.join(said)}, '')"


def _words(names):
    return ", ".join(f"'{name}'" for name in names)


_SITE_SQL = (
    rf"split_part(regexp_replace(CASE {_first(_SITE)} WHEN '' THEN split_part(regexp_replace("
    rf"{_first(_REFERRER)}, '^.*?//', ''), '/', 1) ELSE {_first(_SITE)} END, '^(www\.)?(m\.)?(l\.)?', ''), '.', 1)"
)
_CASES = " ".join(f"WHEN '{medium}' THEN '{channel}'" for medium, channel in _MEDIA.items())
# Of ``{source}``, a column of JSON; to be used where no friend brought them.
CHANNEL = f"""
    CASE WHEN {_first(_MEDIUM)} IN ({_words(_PAID)})
        THEN CASE WHEN {_SITE_SQL} IN ({_words(_SOCIAL)}) THEN 'paid_social' ELSE 'paid_search' END
    ELSE coalesce(CASE {_first(_MEDIUM)} {_CASES} END, CASE
        WHEN {_SITE_SQL} IN ({_words(_SEARCH)}) THEN 'organic_search'
        WHEN {_SITE_SQL} IN ({_words(_SOCIAL)}) THEN 'social'
        WHEN {_SITE_SQL} = 'direct' THEN 'direct' ELSE 'other' END)
    END
    """


def sql(*columns):
    """The expression of columns of sources, the first that names a channel; without a friend."""
    said = ", ".join(f"nullif({CHANNEL.replace('{source}', column)}, '{Channel.OTHER}')" for column in columns)
    return f"coalesce({said}, '{Channel.OTHER}')"
