"""The admin's first page: what each program brought, what is owed, and what waits for somebody."""

from itertools import groupby
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from advocacy import alerts, reading
from advocacy.drawing import bars
from advocacy.models import Pending, Storefront
from config.behind import page as behind
from config.measured import words
from referrals import metrics
from referrals.models import Link
from rewards import liability
from rewards.models import CouponPool
from rewards.settlement import budgets

# Friends may come by a code alone, without a visit: then a share would be above 100 %.
MORE = {"click_to_signup": "friends to visitors", "click_to_conversion": "buyers to visitors"}
RATES = {
    "click_to_signup": "of the visitors became friends",
    "signup_to_conversion": "of the friends bought",
    "click_to_conversion": "of the visitors bought",
    "referral_rate_orders": "of all orders came by referral",
}
COUNTS = {
    "clicks": "clicks",
    "referrals": "friends joined",
    "converted_referrals": "friends bought",
    "conversions": "orders by friends",
}
LATE_SECONDS = 60
MOST_POOLS = MOST_LINKS = 5


def show(request, context):
    """Called by unfold for ``/admin/``; each part is left out for who may not see it."""
    at, user = timezone.now(), request.user
    if alerts.kinds_of(user):
        context["alerts"] = alerts.seen_by(user).filter(closed_at=None).order_by().count()
    if user.has_perm("advocacy.view_program"):
        context["shops"] = _shops(at, user)
        context["no_storefront"] = not Storefront.objects.exists()
    if user.has_perm("advocacy.view_pending"):
        context["work"] = _work(at)
    if user.has_perm("rewards.view_rule"):
        context["low_budgets"] = budgets.running_out(at=at)
    if user.has_perm("rewards.view_couponpool"):
        context["low_pools"] = CouponPool.objects.filter(low_since__isnull=False)[:MOST_POOLS]
    if user.has_perm("referrals.view_link"):
        hot = Link.objects.filter(burst_since__isnull=False).select_related("program", "advocate__customer")
        context["hot_links"] = hot.order_by("-burst_since")[:MOST_LINKS]
    return context


def _shops(at, user):
    money_too = user.has_perm("rewards.view_account")
    programs = metrics.overview(at=at)
    storefronts = [shown["program"].storefront_id for shown in programs]
    owed = liability.owed(storefronts=storefronts) if money_too else {}
    return [
        {
            "storefront": storefront,
            "programs": [_program(shown, _rows(shown, user)) for shown in shown_here],
            "values": _values(shown_here[0]["lifetime_values"], _rows(shown_here[0], user)),
            "values_file": _numbers(shown_here[0]["program"], csv="lifetime_values"),
            "owed": [_owed(storefront, each) for each in owed.get(storefront.pk, [])] if money_too else None,
        }
        for storefront, shown_here in (
            (storefront, list(group)) for storefront, group in groupby(programs, lambda one: one["program"].storefront)
        )
    ]


def _rows(shown, user):
    period = shown["metrics"]["period"]
    return behind.leading(user=user, program=shown["program"], since=period["from"], until=period["to"])


def _program(shown, rows):
    measured, counts = shown["metrics"], shown["metrics"]["counts"]
    kept, period = measured["revenue"]["value"], measured["period"]
    return {
        "program": shown["program"],
        "numbers": _numbers(shown["program"], **{"from": period["from"], "to": period["to"]}),
        "counted_at": measured["counted_at"],
        "period": period,
        "counts": [
            {
                "word": word,
                "value": words.NONE if counts[name]["value"] is None else counts[name]["value"],
                "sentence": counts[name]["definition"]["sentence"],
                "link": rows(name),
            }
            for name, word in COUNTS.items()
        ],
        "revenue": reading.plain(kept["amount_minor"], kept["currency"]),
        "revenue_link": rows("revenue"),
        "not_in_revenue": words.not_in_revenue(measured["revenue"]),
        "rates": [_rate(measured["metrics"][name], name, rows) for name in RATES],
        "finding": _finding(counts),
        "chart": bars(shown["series"], "conversions"),
        "series": shown["series"][::-1],
    }


def _numbers(program, **asked):
    return f"{reverse('admin:metrics')}?{urlencode({'program': program.pk} | asked)}"


def _rate(rate, name, rows):
    more = rate["value"] is not None and rate["value"] > 1
    between = [_percent(end) for end in rate["interval"]] if rate["interval"] and not more else None
    value = _percent(rate["value"]) if rate["value"] is not None else None
    return {
        "word": MORE.get(name, RATES[name]) if more else RATES[name],
        "value": f"{rate['numerator']} to {rate['denominator']}" if more else value,
        "between": between,
        # “7 of 1” says nothing where friends joined without a click.
        "of": "" if more or rate["numerator"] is None else f"{rate['numerator']} of {rate['denominator']}",
        "reason": rate["reason"] if rate["value"] is None else "",
        "sentence": rate["definition"]["sentence"],
        "link": rows(f"{name}.numerator") if rate["numerator"] is not None else "",
    }


def _percent(share):
    return f"{share * 100:.1f} %"


def _finding(counts):
    orders = counts["conversions"]["value"]
    return f"{orders} {'order' if orders == 1 else 'orders'} by friends in 30 days"


def _values(compared, rows):
    return [
        {
            "days": each["horizon_days"],
            "referred": _mean(each, "referred", rows),
            "others": _mean(each, "others", rows),
            "difference": _money(each["difference_minor"], each["currency"]),
            "between": [_money(end, each["currency"]) for end in each["interval_minor"] or []],
            "reason": each["reason"],
        }
        for each in compared
    ]


def _mean(each, side, rows):
    group = each[side]
    link = rows(f"lifetime_value.{side}", days=each["horizon_days"]) if group["customers"] else ""
    return {"mean": _money(group["mean_minor"], each["currency"]), "n": group["customers"], "link": link}


def _money(amount_minor, currency):
    return None if amount_minor is None else reading.plain(amount_minor, currency)


def _owed(storefront, each):
    """Each amount with the list of the accounts that hold it."""
    accounts = f"{reverse('admin:rewards_account_changelist')}?storefront__id__exact={storefront.pk}"
    return {
        kind: {
            "amount": reading.plain(each[f"{kind}_minor"], each["unit"]),
            "link": f"{accounts}&kind__exact={kind}&unit={each['unit']}",
        }
        for kind in ("pending", "available")
    }


def _work(at):
    """How long the oldest event waits, and how many gave up."""
    waiting = Pending.objects.filter(stuck_at__isnull=True).select_related("event").order_by("event_id").first()
    seconds = int((at - waiting.event.recorded_at).total_seconds()) if waiting else 0
    stuck = Pending.objects.filter(stuck_at__isnull=False).count()
    return {"stuck": stuck, "waits": waiting, "late": seconds > LATE_SECONDS}
