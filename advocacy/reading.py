"""Money, percentages and dates as the reader's language writes them, and which language that is."""

import zoneinfo
from decimal import Decimal

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import get_language, ngettext

from advocacy import money

_SIGNS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "CA$",
    "AUD": "A$",
    "NZD": "NZ$",
    "BRL": "R$",
    "INR": "₹",
    "KRW": "₩",
    "ILS": "₪",
    "MXN": "MX$",
    "VND": "₫",
}
# Languages that write the currency before the number.
_SIGN_FIRST = {"en"}
_NO_BREAK = "\u00a0"
_MINUS = "−"


def amount(minor, unit):
    """``1000, EUR`` → ``€10.00`` in English, ``10,00 €`` in German."""
    return _amount(minor, unit, money.decimals(unit))


def short_amount(minor, unit):
    """The same without decimals where they are all zero: ``€10``, ``10 €``."""
    places = money.decimals(unit)
    return _amount(minor, unit, 0 if minor % 10**places == 0 else places)


def _amount(minor, unit, places):
    number = _number(abs(minor), unit, places)
    sign = _MINUS if minor < 0 else ""
    if unit == money.POINTS:
        return sign + ngettext("%(number)s point", "%(number)s points", abs(minor)) % {"number": number}
    symbol = _SIGNS.get(unit, unit)
    if _language() in _SIGN_FIRST:
        return f"{sign}{symbol}{_NO_BREAK if symbol.isalpha() else ''}{number}"
    return f"{sign}{number}{_NO_BREAK}{symbol}"


def _number(minor, unit, places):
    value = Decimal(minor).scaleb(-money.decimals(unit))
    return formats.number_format(value, places, use_l10n=True, force_grouping=True)


def plain(minor, unit):
    """The same with the currency’s code behind it, as staff read it: ``1,234.56 EUR``, in German ``1.234,56 EUR``."""
    return f"{'-' if minor < 0 else ''}{_number(abs(minor), unit, money.decimals(unit))} {unit}"


def percent(basis_points):
    """``1250`` → ``12.5%`` in English, ``12,5 %`` in German."""
    number = (Decimal(basis_points) / 100).normalize()
    written = formats.number_format(number, max(0, -number.as_tuple().exponent), use_l10n=True)
    return f"{written}{'' if _language() in _SIGN_FIRST else _NO_BREAK}%"


def day(moment, *, zone, at):
    """``28 November``; with its year where that is not the year of ``at``. Days are days of ``zone``."""
    local, today = _local(moment, zone), _local(at, zone)
    written = formats.date_format(local, "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT")
    return written.replace(" ", _NO_BREAK)


def day_of(moment, *, zone):
    return _local(moment, zone).date()


def _local(moment, zone):
    return timezone.localtime(moment, zoneinfo.ZoneInfo(zone))


def _language():
    return (get_language() or "en").split("-")[0]


def choose_language(request, *, known="", fallback=""):
    """Read this request in: the language chosen by cookie, what we know of the person, their browser's, the shop's."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    asked = translation.get_language_from_request(request) if request.headers.get("Accept-Language") else ""
    for wanted in (chosen, known, asked, fallback):
        language = supported(wanted)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
            return language
    return translation.get_language()


def supported(wanted):
    """The language of ours that somebody means who wants this one (``de-AT`` → ``de``), or an empty text."""
    try:
        return translation.get_supported_language_variant(wanted.replace("_", "-").lower()) if wanted else ""
    except LookupError:
        return ""
