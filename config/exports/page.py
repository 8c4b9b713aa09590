"""The admin's page of exports: every list that this person may see, as CSV for a spreadsheet or NDJSON."""

import zoneinfo
from datetime import date, datetime, time, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse

from advocacy.models import Storefront
from config.exports.lists import LISTS
from config.exports.streaming import FORMS, response


def allowed(user):
    """The names of the lists whose rows this person may see one by one."""
    return [name for name, export in LISTS.items() if user.has_perm(export.permission)]


def page(request):
    """``/admin/exports/?storefront=…&from=2026-03-01&to=2026-03-31``; with ``&list=orders&form=csv`` the file."""
    names = allowed(request.user)
    if not names:
        raise PermissionDenied
    shops = list(Storefront.objects.order_by("test_twin_of_id", "name", "pk"))
    shop = next((each for each in shops if str(each.pk) == request.GET.get("storefront")), shops[0] if shops else None)
    first, last = _day(request.GET.get("from")), _day(request.GET.get("to"))
    if shop and "list" in request.GET:
        return _file(request, names, shop, first, last)
    context = admin.site.each_context(request) | {"title": "Exports", "shops": shops, "shop": shop}
    context |= {"lists": [(name, LISTS[name].title, bool(LISTS[name].at)) for name in names]}
    context |= {"first": first, "last": last}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/exports.html", context)


_LATEST = date(9998, 12, 31)


def _file(request, names, shop, first, last):
    name, form = request.GET["list"], request.GET.get("form", "csv")
    if name not in LISTS or form not in FORMS:
        raise Http404
    if name not in names:
        raise PermissionDenied
    zone = zoneinfo.ZoneInfo(shop.time_zone)
    since = first and datetime.combine(first, time(), zone)
    # Nothing is of later: people write 9999-12-31 for a period without an end.
    until = last and datetime.combine(min(last, _LATEST) + timedelta(days=1), time(), zone)
    return response(name=name, storefront=shop, form=form, since=since, until=until, bom=form == "csv")


def _day(text):
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
