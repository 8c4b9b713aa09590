"""Visits that may have been of who bought without them: clicked on one device, bought on another without the code."""

from collections import defaultdict
from datetime import timedelta

from advocacy import ids
from referrals.models import Click, Link, Order, Referral

# What lies further back is anybody's.
BEFORE = timedelta(days=1)
# So much the clock of a shop may be ahead of ours.
_AFTER = timedelta(minutes=5)
_MOST_VISITS, MOST_LINKS = 200, 5
# Reasons with which nothing that came with the order led to anybody.
CAME_BARE = frozenset({"no_attribution", "unknown_code", "unknown_click", "unknown_invitation"})


def led_nowhere(*, storefront, until, since=None, links=None):
    """``[{advocate, code, channel, visits, last_at}]``, the newest first: visits that no sign-up and no order named.

    From a day before ``until``, or from ``since``; of all links of the storefront's id, or only of ``links``.
    """
    since = since or until - BEFORE
    visits = Click.objects.filter(
        storefront_id=storefront, counted=True, id__gte=ids.floor_of(since), id__lte=ids.floor_of(until + _AFTER)
    )
    if links is not None:
        visits = visits.filter(link_id__in=[link.pk for link in links])
    visits = list(visits.order_by("-id")[:_MOST_VISITS])
    named = _named(storefront, {visit.id for visit in visits}, since)
    by_link = defaultdict(list)
    for visit in visits:
        if visit.id not in named:
            by_link[visit.link_id].append(visit)
    return _told(by_link)


def _named(storefront, visits, since):
    """Those that a sign-up or an order came with; each is looked for from the visits on."""
    if not visits:
        return set()
    bonds = Referral.objects.filter(program__storefront=storefront, bound_at__gte=since, click_id__in=visits)
    orders = Order.objects.filter(storefront=storefront, placed_at__gte=since, click_id__in=visits)
    return {*bonds.values_list("click_id", flat=True), *orders.values_list("click_id", flat=True)}


def _told(by_link):
    links = Link.objects.filter(pk__in=by_link).select_related("advocate__customer")
    told = [_line(link, by_link[link.pk]) for link in links]
    return sorted(told, key=lambda line: line["last_at"], reverse=True)


def _line(link, visits):
    advocate = {"id": ids.encode("adv", link.advocate.public_id), "name": str(link.advocate)}
    return {
        "advocate": advocate,
        "code": link.code,
        "channel": link.channel,
        "visits": len(visits),
        "last_at": max(visit.at for visit in visits).isoformat(),
    }


def of_order(order, refusals):
    """The visits before an order that nobody brought; none where something speaks for or against an advocate."""
    if not refusals or not {each["key"] for each in refusals} <= CAME_BARE:
        return []
    return led_nowhere(storefront=order.storefront_id, until=order.placed_at)


def words(line):
    """Such as “2 visits of Alice’s link ALICE (whatsapp)”."""
    number = "1 visit" if line["visits"] == 1 else f"{line['visits']} visits"
    return f"{number} of {line['advocate']['name']}’s link {line['code']}" + (
        f" ({line['channel']})" if line["channel"] else ""
    )
