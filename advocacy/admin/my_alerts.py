"""``/admin/alerts/mine/``: when somebody is mailed about what; for superusers also for a group (``?group=``)."""

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from advocacy import alerts
from advocacy.alerts import choosing, kinds
from advocacy.models import AlertChoice, AlertTiming
from advocacy.refusals import Refused


def page(request):
    if not alerts.kinds_of(request.user):
        raise PermissionDenied
    group = _group(request)
    if request.method == "POST":
        names = alerts.kinds_of(request.user)
        try:
            chosen = {name: request.POST[name] for name in names if name in request.POST}
            choosing.choose(chosen=chosen, **_whose(request, group))
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, "Saved.")
        return HttpResponseRedirect(request.get_full_path())
    return TemplateResponse(request, "admin/my_alerts.html", _context(request, group))


def _group(request):
    """The group that the page is about, None for oneself. Only a superuser says what others are told."""
    asked = request.GET.get("group", "")
    if not asked:
        return None
    if not request.user.is_superuser:
        raise PermissionDenied
    return get_object_or_404(Group, pk=asked if asked.isascii() and asked.isdigit() else None)


def _whose(request, group):
    return {"group": group} if group else {"user": request.user}


def _context(request, group):
    own = dict(AlertChoice.objects.filter(**_whose(request, group)).values_list("kind", "timing"))
    usual = {} if group else choosing.usual(request.user)
    title = f"Alerts for {group}" if group else "My alerts"
    rows = [
        {"kind": kinds.all()[name], "timing": own.get(name, ""), "usual": usual[name].label if name in usual else ""}
        for name in alerts.kinds_of(request.user)
    ]
    return admin.site.each_context(request) | {
        "title": title,
        "group": group,
        "groups": Group.objects.order_by("name") if request.user.is_superuser else [],
        "rows": rows,
        "timings": AlertTiming.choices,
        "email": request.user.email,
    }
