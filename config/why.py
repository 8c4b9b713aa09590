"""The page "Why?": one box takes what somebody has at hand, the answer is a sentence and a line of time."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.db.models.functions import Upper
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from advocacy import emails, ids, persons
from advocacy.models import Advocate, Customer, Storefront
from config import timeline
from config.portal import friends
from referrals import orders
from referrals.models import Conversion, Link, Order, Referral
from rewards import explanations
from rewards.models import Correction, Reward, Subject

# Of one person; who has more is looked up in the list of orders.
MOST = 50
LONGEST = 320
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
    """``/admin/why/?q=``: an order number, an id of an order or conversion, a code or an e-mail address."""
    if not request.user.has_perms(MAY_SEE):
        raise PermissionDenied
    asked = request.GET.get("q", "").strip().replace("\0", "")[:LONGEST]
    context = admin.site.each_context(request) | {"title": "Why?", "asked": asked}
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/why.html", context | (_answer(asked) if asked else {}))


def _answer(asked):
    found = _orders(asked)
    if len(found) == 1:
        return _explained(found[0])
    if found:
        _name(found)
        return {"orders": found, "heading": f"{len(found)} orders have the number {asked}"}
    return _of_a_person(asked) or _with_code(asked) or {"unknown": True, "last": _last_order()}


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
    }


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
    return [friends.row(referral=referral, at=at) for referral in bonds]


def _orders(asked):
    """By the shop's own id, number or payment in any storefront, or by our id of the order or its conversion."""
    known = Order.objects.select_related("storefront", "customer")
    if order_id := ids.decode("ord", asked.lower()):
        return list(known.filter(public_id=order_id))
    if conversion_id := ids.decode("cnv", asked.lower()):
        found = Conversion.objects.filter(public_id=conversion_id).values("order")
        return list(known.filter(pk__in=found))
    if conversion_id := _conversion_of(asked.lower()):
        return list(known.filter(conversions__public_id=conversion_id))
    named = orders.called(asked, storefronts=Storefront.objects.values_list("pk", flat=True))
    return list(named.select_related("storefront", "customer").order_by("pk")[:MOST])


def _conversion_of(asked):
    """Of a reward or a milestone's step: the public id of the conversion that earned it."""
    step = ids.decode("mst", asked)
    if reward_id := ids.decode("rwd", asked):
        subject = Subject.objects.filter(rewards__public_id=reward_id).first()
        if subject and subject.trigger != explanations.STEP:
            return subject.public_id
        step = subject and subject.public_id
    return step and explanations.who_reached(step=step)


def _with_code(asked):
    """Orders that came with this code, which may be nobody's."""
    typed = Order.objects.annotate(typed=Upper("referral_code")).exclude(referral_code="").filter(typed=asked.upper())
    found = list(typed.select_related("storefront", "customer").order_by("-id")[:MOST])
    if len(found) == 1:
        return _explained(found[0])
    _name(found)
    return found and {"orders": found, "heading": f"Orders that came with the code {asked}"}


def _of_a_person(asked):
    """What somebody's address or code leads to: the orders they made, the friends they brought."""
    if "@" in asked:
        key = emails.normalise(asked)
        known = Customer.objects.filter(email_key=key)
        people = persons.customers({person.person_id for person in known})
        bought = Order.objects.filter(customer__in=people)
        referrals = Referral.objects.filter(advocate__customer__in=people)
    else:
        links = Link.objects.filter(code=asked.upper()).values("advocate")
        advocates = Advocate.objects.filter(pk__in=links)
        bought, referrals = Order.objects.none(), Referral.objects.filter(advocate__in=advocates)
        if not advocates.exists():
            return None
    people = {
        "orders": list(bought.select_related("storefront", "customer").order_by("-id")[:MOST]),
        "heading": f"Orders of {asked}",
        "friends": list(_with_orders(referrals)[:MOST]),
        "friends_heading": f"Friends brought by {asked}",
    }
    _name([*people["orders"], *_orders_of(people["friends"])])
    return people if people["orders"] or people["friends"] or "@" not in asked else None


def _name(orders):
    """Two storefronts may use the same number: a link asks by our own id."""
    for order in orders:
        order.why_id = ids.encode("ord", order.public_id)


def _orders_of(referrals):
    return [conversion.order for referral in referrals for conversion in referral.conversions.all()]


def _with_orders(referrals):
    conversions = Conversion.objects.select_related("order").order_by("sequence")
    return (
        referrals.select_related("friend", "program", "advocate__customer")
        .prefetch_related(Prefetch("conversions", conversions))
        .order_by("-id")
    )


def _last_order():
    """The newest one, so that somebody can tell "not yet received" from "never sent"."""
    return Order.objects.select_related("storefront").order_by("-id").first()
