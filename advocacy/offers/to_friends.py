"""What a friend reads of an offer."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advocacy.models import BenefitKind
from advocacy.offers.benefit import benefit, maximum, minimum
from advocacy.offers.triggers import ORDER, SIGN_UP


def to_friend(offer):
    """The landing page's headline: ``€10 off your first order``."""
    words = {"benefit": benefit(offer), "orders": offer.order_limit}
    if offer.trigger == SIGN_UP:
        return _("%(benefit)s when you sign up") % words
    return (_off(offer) if is_off(offer) else _for(offer)) % words


def _off(offer):
    if offer.first_order_only:
        return _("%(benefit)s off your first order")
    return _("%(benefit)s off your first %(orders)s orders") if offer.order_limit else _("%(benefit)s off every order")


def _for(offer):
    if offer.first_order_only:
        return _("%(benefit)s for your first order")
    return _("%(benefit)s for your first %(orders)s orders") if offer.order_limit else _("%(benefit)s for every order")


def is_off(offer):
    """Whether it reads as a discount; points, codes and things are something that one gets."""
    return offer.form == "credit"


def conditions(offer, *, until=""):
    """``From €40, once, until 31 December.`` ``until`` is a day in words, or empty."""
    parts = []
    if offer.minimum_order_minor:
        parts.append(_("from %(minimum)s") % {"minimum": minimum(offer)})
    if offer.maximum_minor and offer.kind != BenefitKind.FIXED:
        parts.append(_("up to %(maximum)s") % {"maximum": maximum(offer)})
    if offer.first_order_only:
        parts.append(_("once"))
    if offer.months_limit:
        parts.append(_months(offer))
    if until:
        parts.append(_("until %(day)s") % {"day": until})
    sentence = ", ".join(parts)
    said = [f"{sentence[:1].upper()}{sentence[1:]}."] if sentence else []
    return " ".join([*said, _("Further conditions apply.")] if offer.conditional else said)


def _months(offer):
    number = offer.months_limit
    return ngettext("for %(months)s month", "for %(months)s months", number) % {"months": number}


def disclosure(offer, *, name):
    """That whoever invites is rewarded, as the friend reads it; ``name`` may be empty."""
    words = {"name": name, "benefit": benefit(offer)}
    if offer.trigger == ORDER and offer.hold_days:
        if not name:
            return _("Whoever invited you gets %(benefit)s too if you keep your order.") % words
        return _("%(name)s gets %(benefit)s too if you keep your order.") % words
    if offer.trigger == SIGN_UP:
        if not name:
            return _("Whoever invited you gets %(benefit)s too when you sign up.") % words
        return _("%(name)s gets %(benefit)s too when you sign up.") % words
    if not name:
        return _("Whoever invited you gets %(benefit)s too when you order.") % words
    return _("%(name)s gets %(benefit)s too when you order.") % words
