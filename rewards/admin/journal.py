"""The month's journal and the year's totals, as pages and as CSV."""

import re
import zoneinfo
from datetime import date

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone

from advocacy import reading
from advocacy.models import Storefront
from advocacy.pages import downloads
from rewards.payouts import journal, totals

MAY_SEE = ("rewards.view_payout", "rewards.view_transfer")
_MONTH = re.compile(r"(20|21)\d\d-(0[1-9]|1[0-2])", re.ASCII).fullmatch


def page(request):
    """``/admin/journal/?storefront=&month=2026-11``; with ``&as=journal`` or ``&as=totals`` a CSV."""
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    shops = list(Storefront.objects.order_by("test_twin_of_id", "name", "pk"))
    shop = next((each for each in shops if str(each.pk) == request.GET.get("storefront")), shops[0] if shops else None)
    month = _month(request.GET.get("month", ""), shop)
    if shop and request.GET.get("as") in _TABLES:
        return _TABLES[request.GET["as"]](shop, month)
    context = admin.site.each_context(request) | {"title": "Journal", "shops": shops, "shop": shop, "month": month}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/journal.html", context | (_shown(shop, month) if shop else {}))


def _month(text, shop):
    if _MONTH(text):
        return date.fromisoformat(f"{text}-01")
    zone = zoneinfo.ZoneInfo(shop.time_zone if shop else "UTC")
    return timezone.now().astimezone(zone).date().replace(day=1)


def _shown(shop, month):
    lines = journal.of_month(storefront=shop, month=month)
    paid = totals.of_year(storefront=shop, year=month.year)
    return {
        "columns": journal.COLUMNS,
        "lines": [(line, [reading.plain(each, line.unit) for each in line.amounts()]) for line in lines],
        "totals": [(total, reading.plain(total.amount_minor, total.currency)) for total in paid[:100]],
        "more_totals": max(len(paid) - 100, 0),
    }


def _journal(shop, month):
    rows = journal.table(storefront=shop, month=month)
    return downloads.table(f"journal-{shop.slug}-{month:%Y-%m}", journal.HEADER, rows)


def _totals(shop, month):
    rows = totals.table(storefront=shop, year=month.year)
    return downloads.table(f"payee-totals-{shop.slug}-{month.year}", totals.HEADER, rows)


_TABLES = {"journal": _journal, "totals": _totals}
