"""A program's offers in words. What is promised is written once, by the rule that pays it."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from advocacy import reading
from advocacy.models import BenefitKind, Offer, Side


@dataclass(frozen=True)
class Promise:
    """What a program offers now: to the friend, to the advocate for it, and what else to the advocate."""

    friend: Offer | None
    advocate: Offer | None
    further: tuple = ()


def in_force(*, program, at):
    """The program's Promise at this moment, by one query. The newest offer leads; its rule pairs the two sides."""
    offers = list(
        Offer.objects.filter(program=program, starts_at__lte=at)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
        .order_by("-starts_at", "pk")
    )
    friend = next((offer for offer in offers if offer.side == Side.FRIEND), None)
    to_advocate = [offer for offer in offers if offer.side == Side.ADVOCATE]
    paired = [offer for offer in to_advocate if friend and offer.rule_version == friend.rule_version]
    advocate = next(iter(paired or to_advocate), None)
    return Promise(friend, advocate, tuple(offer for offer in to_advocate if offer is not advocate))


def benefit(offer):
    """``€10`` or ``10%``."""
    if offer.kind == BenefitKind.PERCENT:
        return reading.percent(offer.percent_bp)
    return reading.short_amount(offer.amount_minor, offer.unit)


def to_friend(offer):
    """The landing page's headline: ``€10 off your first order``."""
    if offer.first_order_only:
        return _("%(benefit)s off your first order") % {"benefit": benefit(offer)}
    return _("%(benefit)s off every order") % {"benefit": benefit(offer)}


def conditions(offer, *, until=""):
    """``From €40, once, until 31 December.`` ``until`` is a day in words, or empty."""
    parts = []
    if offer.minimum_order_minor:
        parts.append(_("from %(minimum)s") % {"minimum": minimum(offer)})
    if offer.maximum_minor and offer.kind == BenefitKind.PERCENT:
        parts.append(_("up to %(maximum)s") % {"maximum": maximum(offer)})
    if offer.first_order_only:
        parts.append(_("once"))
    if until:
        parts.append(_("until %(day)s") % {"day": until})
    sentence = ", ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def headline(promise):
    """The portal's headline: ``Give €10, get €10``."""
    if promise.friend and promise.advocate:
        return _("Give %(give)s, get %(get)s") % {"give": benefit(promise.friend), "get": benefit(promise.advocate)}
    if promise.friend:
        return _("Give %(give)s") % {"give": benefit(promise.friend)}
    if promise.advocate:
        return _("Get %(get)s for every friend") % {"get": benefit(promise.advocate)}
    return _("Tell your friends")


def sentences(promise):
    """What the headline means, a sentence for each side and each further offer."""
    friend, advocate = promise.friend, promise.advocate
    said = [_friends_get(friend)] if friend else []
    if advocate and friend and friend.first_order_only and _is_once(advocate):
        said.append(_("You get %(benefit)s once they keep it.") % {"benefit": benefit(advocate)})
    elif advocate:
        said.append(_you_get(advocate))
    return " ".join(said + [_you_get(offer) for offer in promise.further])


def minimum(offer):
    return reading.short_amount(offer.minimum_order_minor, offer.unit)


def maximum(offer):
    return reading.short_amount(offer.maximum_minor, offer.unit)


def _is_once(offer):
    return offer.first_order_only and offer.kind == BenefitKind.FIXED


def _friends_get(offer):
    numbers = {"benefit": benefit(offer), "minimum": minimum(offer)}
    if offer.first_order_only and offer.minimum_order_minor:
        return _("Your friends get %(benefit)s off their first order from %(minimum)s.") % numbers
    if offer.first_order_only:
        return _("Your friends get %(benefit)s off their first order.") % numbers
    if offer.minimum_order_minor:
        return _("Your friends get %(benefit)s off every order from %(minimum)s.") % numbers
    return _("Your friends get %(benefit)s off every order.") % numbers


def _you_get(offer):
    """A minimum is said with the friend's side where there is one; here only what is the advocate's own."""
    numbers = {"benefit": benefit(offer)}
    if offer.kind == BenefitKind.PERCENT and offer.maximum_minor:
        numbers["maximum"] = maximum(offer)
        if offer.first_order_only:
            return _("You get %(benefit)s of their first order, up to %(maximum)s, once they keep it.") % numbers
        return _("You get %(benefit)s of every order they keep, up to %(maximum)s each.") % numbers
    if offer.kind == BenefitKind.PERCENT:
        if offer.first_order_only:
            return _("You get %(benefit)s of their first order once they keep it.") % numbers
        return _("You get %(benefit)s of every order they keep.") % numbers
    if offer.first_order_only:
        return _("You get %(benefit)s once they keep their first order.") % numbers
    return _("You get %(benefit)s for every order they keep.") % numbers
