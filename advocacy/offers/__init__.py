"""A program's offers in words. What is promised is written once, by the rule that pays it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from advocacy import money
from advocacy.models import Offer, Side
from advocacy.offers.benefit import benefit, minimum, named
from advocacy.offers.to_advocates import headline, lines
from advocacy.offers.to_friends import comes, conditions, disclosure, to_friend
from advocacy.offers.triggers import JOINING, ORDER, SIGN_UP, TOLD

__all__ = [
    "LeftOut",
    "Promise",
    "Withheld",
    "benefit",
    "comes",
    "conditions",
    "disclosure",
    "headline",
    "in_force",
    "lines",
    "minimum",
    "named",
    "to_friend",
]


@dataclass(frozen=True)
class Withheld:
    """Why an offer cannot be had now: ``reason`` is a key of ``advocacy.reasons``.

    ``whose`` limit is full: program, advocate, friend or pair; empty where it is no limit. ``until``: when there may be
    room again, None for never. ``check``: the condition that cannot be met.
    """

    reason: str
    whose: str = ""
    until: datetime | None = None
    check: tuple | None = None


@dataclass(frozen=True)
class LeftOut:
    offer: Offer
    why: Withheld


@dataclass(frozen=True)
class Promise:
    """What a program offers now: to the friend, to the advocate for it, and what else to the advocate.

    ``friend`` and ``advocate`` are for friends who order or, where there is none, sign up; ``further`` has the rest:
    milestones, testimonials, more rules. ``also`` is what else the friend gets. ``left_out``: LeftOut of what is in
    force, but not to be had now.
    """

    friend: Offer | None
    advocate: Offer | None
    further: tuple = ()
    left_out: tuple = ()
    also: tuple = ()

    @property
    def of_friend(self):
        """All that the friend is offered, what leads first."""
        return (self.friend, *self.also) if self.friend else ()


def in_force(*, program, at, advocate=None, friend=None, facts=None):
    """The program's Promise at this moment. The newest offer leads; its rule pairs the two sides.

    Of offers that one person cannot have together only the best is promised. What has no room left is left out, and so
    is what this ``advocate``, or whom they bring (``friend``: a Customer), cannot have. ``facts``: what conditions may
    ask and is known already, such as the channel of the link. At most four queries.
    """
    offers = list(
        Offer.objects.select_related("program")
        .filter(program=program, starts_at__lte=at, trigger__in=TOLD)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        .order_by("-starts_at", "pk")
    )
    withheld = _withheld(program, at, advocate, friend, facts) if offers else {}
    left_out = tuple(
        LeftOut(offer, withheld[offer.rule_version, offer.side])
        for offer in offers
        if (offer.rule_version, offer.side) in withheld
    )
    offers = [offer for offer in offers if (offer.rule_version, offer.side) not in withheld]
    # Whoever advocates has joined.
    offers = _best_of_groups([offer for offer in offers if not (advocate and offer.trigger == JOINING)])
    to_friends = [offer for offer in offers if offer.side == Side.FRIEND]
    friend = _leading(to_friends)
    to_advocate = [offer for offer in offers if offer.side != Side.FRIEND]
    for_friends = [offer for offer in to_advocate if _is_for_a_friend(offer)]
    paired = [offer for offer in for_friends if friend and offer.rule_version == friend.rule_version]
    advocate = next(iter(paired), None) or _leading(for_friends)
    further, also = _without(to_advocate, advocate), _without(to_friends, friend)
    return Promise(friend, advocate, further, left_out, also)


def _without(offers, leading):
    return tuple(offer for offer in offers if offer is not leading)


def _withheld(program, at, advocate, friend, facts):
    """``{(rule version's public id, side): Withheld}``, from whom the settings name."""
    known = dict(facts or {})
    if advocate:
        known |= {"advocate_segments": advocate.customer.segments, "advocate_tier": advocate.customer.tier}
    if friend:
        known |= {"friend_segments": friend.segments, "friend_tier": friend.tier}
    return import_string(settings.WITHHELD_OFFERS)(
        program=program, at=at, advocate=advocate, friend=friend, facts=known
    )


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
