"""The whole "why" of an order or a conversion: one read of each app, joined by public id. Read-only.

The answer is ready for JSON; the admin's page draws the same. ``steps`` tell it in order of time, each with ``mood``:
yes, no, soon or info.
"""

from advocacy import ids
from config.timeline import afterwards, deliveries, first_orders, hands, parts, reviews, steps, summary
from config.timeline.subjects import explain_pair, explain_subject
from referrals import visits
from referrals.models import Conversion

__all__ = ["explain_conversion", "explain_order", "explain_pair", "explain_subject", "zone_of"]


def explain_order(*, storefront, order):
    """Why this order brought what it brought. ``order`` belongs to ``storefront``."""
    conversions = list(
        Conversion.objects.filter(storefront=storefront, order=order)
        .select_related("program", "referral__advocate__customer", "referral__friend", "referral__link", "order")
        .order_by("id")
    )
    explained = [parts.conversion(conversion) for conversion in conversions]
    refusals = [parts.reason(reason) for reason in order.unattributed] if not conversions else []
    zone = zone_of(order, conversions)
    gone = [hands.is_gone(each) for each in conversions]
    clicked = visits.of_order(order, refusals)
    told = steps.of_order(order, refusals, zone) + steps.of_visits(clicked) + afterwards.of(order, conversions)
    for conversion, one in zip(conversions, explained, strict=True):
        told += steps.of_bond(conversion.referral, hands.came(conversion.referral, zone)) + reviews.of(conversion)
        if hands.is_gone(conversion):
            told += hands.went(conversion, zone)
        told += steps.of_decisions(hands.without_reviews(one, conversion)) + steps.of_money(one)
        told += first_orders.of(conversion, one)
        for reached in one["milestones"]:
            told += _since(one, steps.of_decisions(reached) + steps.of_money(reached))
    return {
        "summary": " ".join([summary.of(order, explained, refusals, zone, gone=gone), *hands.told(conversions, zone)]),
        "order": parts.order(order),
        "not_attributed": refusals,
        "visits": clicked,
        "conversions": explained,
        "deliveries": deliveries.of(storefront=storefront, subjects=_subjects(order, conversions, explained)),
        "steps": sorted(told, key=lambda step: step["at"]),
    }


def _subjects(order, conversions, explained):
    """What the world may have been told of: the order, the bonds, the conversions and what they earned."""
    bonds = [("referral", conversion.referral.public_id) for conversion in conversions]
    earned = [
        ("reward", ids.decode("rwd", reward["id"]))
        for told in explained
        for each in (told, *told["milestones"])
        for reward in each["rewards"]
    ]
    return [("order", order.public_id), *bonds, *(("conversion", each.public_id) for each in conversions), *earned]


def _since(one, told):
    """What a milestone's step came to before this order was decided belongs to orders that reached it earlier."""
    first = min((decision["decided_at"] for decision in one["decisions"]), default="")
    return [step for step in told if step["at"] >= first]


def zone_of(order, conversions):
    """The name of the time zone in which it is told: its first program's, or the shop's where nobody was brought."""
    return conversions[0].program.time_zone if conversions else order.storefront.time_zone


def explain_conversion(*, storefront, conversion):
    """The same, from one conversion's order."""
    return explain_order(storefront=storefront, order=conversion.order)
