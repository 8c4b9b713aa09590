"""What a friend reads of an offer."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from advocacy.models import BenefitKind
from advocacy.offers.benefit import benefit, exactly, in_its_form, is_share, maximum, minimum, named, products
from advocacy.offers.triggers import ORDER, SIGN_UP


def to_friend(offer):
    """What it is and for what: ``€10 store credit for your first order``, ``5% of every order in points``.

    Nothing is taken off the order that earns it, so nothing says so.
    """
    if offer.trigger == SIGN_UP:
        return _("%(benefit)s when you sign up") % {"benefit": exactly(offer)}
    if is_share(offer) and offer.form in _SHARES:
        return _(_SHARES[offer.form]) % {"share": _share(offer)}
    words = {"benefit": exactly(offer), "orders": offer.order_limit}
    if offer.first_order_only:
        return _("%(benefit)s for your first order") % words
    if offer.order_limit:
        return _("%(benefit)s for each of your first %(orders)s orders") % words
    return _("%(benefit)s for every order") % words


_SHARES = {
    "credit": gettext_noop("%(share)s as store credit"),
    "points": gettext_noop("%(share)s in points"),
    "cash": gettext_noop("%(share)s, paid out to you"),
}


def _share(offer):
    words = {"benefit": benefit(offer), "orders": offer.order_limit}
    if offer.first_order_only:
        return _("%(benefit)s of your first order") % words
    if offer.order_limit:
        return _("%(benefit)s of each of your first %(orders)s orders") % words
    return _("%(benefit)s of every order") % words


def comes(offer):
    """How and when it reaches the friend."""
    is_code = offer.form in ("coupon", "gift_card")
    if not is_code and offer.form != "credit":
        return ""
    if offer.trigger == SIGN_UP:
        code, credit = (
            _("You get your own code for it when you sign up at the shop."),
            _("It is added to your account at the shop, for your next order."),
        )
    elif offer.hold_days:
        code, credit = (
            _("You get your own code for it once you keep your order."),
            _("It is added to your account at the shop once you keep your order, for the next one."),
        )
    else:
        code, credit = (
            _("You get your own code for it after your order."),
            _("It is added to your account at the shop after your order, for the next one."),
        )
    return code if is_code else credit


def conditions(offer, *, until=""):
    """``From €40, once, until 31 December.`` ``until`` is a day in words, or empty."""
    parts = []
    if named := products(offer):
        parts.append(_("for %(products)s") % {"products": named})
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
    return " ".join(said for said in (_rewarded(offer, name), named(offer)) if said)


def _rewarded(offer, name):
    words = {"name": name, "benefit": in_its_form(offer)}
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
