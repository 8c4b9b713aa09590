"""A program's offers in words. What is promised is written once, by the rule that pays it."""

from dataclasses import dataclass

from django.db.models import Q

from advocacy import money
from advocacy.models import Offer, Side
from advocacy.offers.benefit import benefit, minimum
from advocacy.offers.to_advocates import headline, sentences
from advocacy.offers.to_friends import conditions, disclosure, to_friend
from advocacy.offers.triggers import ORDER, SIGN_UP, TOLD

__all__ = [
    "Promise",
    "benefit",
    "conditions",
    "disclosure",
    "headline",
    "in_force",
    "minimum",
    "sentences",
    "to_friend",
]


@dataclass(frozen=True)
class Promise:
    """What a program offers now: to the friend, to the advocate for it, and what else to the advocate.

    ``friend`` and ``advocate`` are for friends who order or, where there is none, sign up; ``further`` has the rest:
    milestones, testimonials, more rules. ``left_out``: what is in force, but not to be had now.
    """

    friend: Offer | None
    advocate: Offer | None
    further: tuple = ()
    left_out: tuple = ()


def in_force(*, program, at, without=()):
    """The program's Promise at this moment, by one query. The newest offer leads; its rule pairs the two sides.

    Of offers that one person cannot have together only the best is promised. ``without``: the
    ``(rule version's public id, side)`` of what is not to be had now, such as what has no budget left.
    """
    offers = list(
        Offer.objects.select_related("program")
        .filter(program=program, starts_at__lte=at, trigger__in=TOLD)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        .order_by("-starts_at", "pk")
    )
    left_out = tuple(offer for offer in offers if (offer.rule_version, offer.side) in without)
    offers = _best_of_groups([offer for offer in offers if offer not in left_out])
    friend = _leading([offer for offer in offers if offer.side == Side.FRIEND])
    to_advocate = [offer for offer in offers if offer.side != Side.FRIEND]
    for_friends = [offer for offer in to_advocate if _is_for_a_friend(offer)]
    paired = [offer for offer in for_friends if friend and offer.rule_version == friend.rule_version]
    advocate = next(iter(paired), None) or _leading(for_friends)
    return Promise(friend, advocate, tuple(offer for offer in to_advocate if offer is not advocate), left_out)


def _best_of_groups(offers):
    best = {}
    for offer in sorted(offers, key=_rank):
        best.setdefault(_rivalry(offer), offer)
    return [offer for offer in offers if best[_rivalry(offer)] is offer]


def _rivalry(offer):
    """The same for offers of which one person gets one; steps of a milestone compete with nothing but steps."""
    if not offer.exclusive_group:
        return offer.pk
    return offer.side, offer.exclusive_group, offer.trigger, bool(offer.friends)


def _rank(offer):
    """As settling ranks them, as far as that can be told before anybody orders."""
    return -offer.priority, offer.unit == money.POINTS, -(offer.amount_minor or offer.maximum_minor or 0), offer.pk


def _leading(offers):
    """The newest for an order, else the newest for signing up."""
    return next((offer for offer in offers if offer.trigger == ORDER), None) or next(iter(offers), None)


def _is_for_a_friend(offer):
    return offer.side == Side.ADVOCATE and offer.trigger in (ORDER, SIGN_UP) and not offer.friends
