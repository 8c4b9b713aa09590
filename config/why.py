"""The page "Why?": one box takes what somebody has at hand, the answer is a sentence and a line of time."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from advocacy import ids
from advocacy.models import Delivery, Storefront
from config import asking, timeline
from config.portal import friends
from config.timeline import deliveries
from referrals.models import Conversion
from rewards.models import Correction, Reward

# What the page shows, the whole of it: docs/admin.md names these for who answers customers.
MAY_SEE = (
    "referrals.view_order",
    "referrals.view_referral",
    "referrals.view_conversion",
    "rewards.view_reward",
    "advocacy.view_advocate",
    "advocacy.view_customer",
)


def page(request):
    """``/admin/why/?q=``: an order number, an id, a code or an e-mail address."""
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    asked = request.GET.get("q", "").strip().replace("\0", "")[: asking.LONGEST]
    context = admin.site.each_context(request) | {"title": "Why?", "asked": asked}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/why.html", context | (_answer(asked) if asked else {}))


def _answer(asked):
    storefronts = list(Storefront.objects.values_list("pk", flat=True))
    found = asking.find(asked, storefronts=storefronts)
    if found.order:
        return _explained(found.order)
    if not found.by:
        return {"missed": asking.miss(asked, storefronts=storefronts, at=timezone.now())}
    _name([*found.orders, *(each.order for bond in found.friends for each in bond.conversions.all())])
    heading = {
        "number": f"{len(found.orders)} orders have the number {asked}",
        "code": f"Orders that came with the code {asked}",
        "person": f"Orders of {asked}",
    }[found.by]
    return {"found": found, "orders": found.orders, "heading": heading}


def _explained(order):
    told = timeline.explain_order(storefront=order.storefront, order=order)
    known = Conversion.objects.filter(order=order)
    conversions = known.select_related("referral__advocate", "referral__program", "program")
    for step in told["steps"]:
        step["at"] = parse_datetime(step["at"])
    _tell_corrections(told["steps"])
    earned = [each for conversion in told["conversions"] for each in (conversion, *conversion["milestones"])]
    rewards = [reward for each in earned for reward in each["rewards"]]
    return {
        "order": order,
        "zone": timeline.zone_of(order, conversions),
        "told": told,
        "read_by_advocate": _read_by_advocate(conversions, timezone.now()),
        "rewards": Reward.objects.filter(public_id__in=[ids.decode("rwd", reward["id"]) for reward in rewards]),
        "conversions": conversions,
        "events_of": [ids.encode("ord", order.public_id), *(each["id"] for each in told["conversions"])],
        "deliveries_summed": deliveries.summed(told["deliveries"]),
        "deliveries": _deliveries(told["deliveries"]),
    }


def _deliveries(told):
    """With the key of each one's page."""
    rows = Delivery.objects.filter(public_id__in=[ids.decode("dlv", each["id"]) for each in told])
    keys = {ids.encode("dlv", row.public_id): row.pk for row in rows}
    return [each | {"pk": keys[each["id"]], "at": parse_datetime(each["at"])} for each in told]


def _tell_corrections(steps):
    """Who corrected, who approved it, when and why, for staff; the API's answer names only the correction."""
    asked = {ids.decode("cor", step["correction"]) for step in steps if "correction" in step}
    rows = Correction.objects.filter(public_id__in=asked).select_related("proposed_by", "approved_by")
    known = {ids.encode("cor", row.public_id): row for row in rows}
    for step in steps:
        step["corrected"] = known.get(step.get("correction"))


def _read_by_advocate(conversions, at):
    """The rows of the advocates' portals that tell of it, by the portal's own function."""
    bonds = dict.fromkeys(conversion.referral for conversion in conversions)
    return [(referral.advocate, friends.row(referral=referral, at=at)) for referral in bonds]


def _name(orders):
    """Two storefronts may use the same number: a link asks by our own id."""
    for order in orders:
        order.why_id = ids.encode("ord", order.public_id)
