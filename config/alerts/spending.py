"""Budgets of rules that are nearly, or wholly, used up."""

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming
from rewards.settlement import budgets

_SEES, _MINDS = "rewards.view_rule", "rewards.change_rule"
LOW = Kind(
    name="budget_low",
    label="A budget is nearly used up",
    todo="Raise the limit, or let it end: once it is used up the rule gives nothing more in this period.",
    sees=_SEES,
    minds=_MINDS,
)
GONE = Kind(
    name="budget_gone",
    label="A budget is used up",
    todo="The rule gives nothing more in this period. Raise the limit if it should.",
    sees=_SEES,
    minds=_MINDS,
    timing=AlertTiming.AT_ONCE,
)
_ALL = 1000


def find(*, at, limits):
    for low in budgets.running_out(at=at, limit=_ALL, rule__program__storefront__test_twin_of=None):
        yield Found(
            kind=(GONE if low.exhausted else LOW).name,
            subject=f"{ids.encode('rul', low.rule.public_id)}:{low.period}:{low.unit or 'rewards'}",
            storefront=low.rule.program.storefront_id,
            text=f"“{low.rule.name}” has given {low.said}."[:300],
            place=f"/admin/rewards/rule/{low.rule.pk}/change/",
            facts={"limit": low.limit, "used": low.used, "unit": low.unit, "percent": low.percent},
        )


CHECK = Check(name="budgets", kinds=(GONE, LOW), find=find)
