"""``/admin/fraud/``: what a program's checks held, what became of it, and the money that was not paid."""

from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone

from advocacy import reading
from advocacy.models import Program
from referrals.fraud import effect, policies
from rewards import kept_back

MAY_SEE = ("referrals.view_reviewcase", "rewards.view_reward")
PERIODS = (30, 90, 365)
_USUAL = 90


def page(request):
    """``?program=&days=``"""
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    programs = list(Program.objects.select_related("storefront").order_by("storefront__test_twin_of_id", "name", "pk"))
    program = next((each for each in programs if str(each.pk) == request.GET.get("program")), (programs or [None])[0])
    days = next((each for each in PERIODS if str(each) == request.GET.get("days")), _USUAL)
    context = {"title": "Effect of the fraud checks", "programs": programs, "program": program, "days": days}
    context |= admin.site.each_context(request) | {"title": context["title"], "periods": PERIODS}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/fraud.html", context | (_shown(program, days) if program else {}))


def _shown(program, days):
    now = timezone.now()
    asked = {"program": program, "since": now - timedelta(days=days), "until": now}
    outcomes, checks = effect.by_check(**asked), policies.checks()
    kept = kept_back.of(storefront=program.storefront_id, sides=effect.rejected(**asked))
    listed = [(checks[key].LABEL if key in checks else key, key, each) for key, each in outcomes.items()]
    return {
        "all": effect.of(**asked),
        "kept": [reading.plain(amount, unit) for unit, amount in kept.items()],
        "checks": sorted(listed, key=lambda each: (-each[2].held, each[0])),
        "most": max((each.held for each in outcomes.values()), default=0),
    }
