"""What an offer gives, as a noun: the other sentences are built around it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advocacy import reading
from advocacy.models import BenefitKind

_NAMED = 3


def benefit(offer):
    """``€10``, ``10%``, ``100 points``, ``a €10 coupon``; ``up to €15`` of tiers; of products not which."""
    if offer.form == "custom":
        return offer.label
    worth = _worth(offer)
    if offer.kind == BenefitKind.PER_PRODUCT:
        share, piece = _("up to %(benefit)s on certain products"), _("up to %(benefit)s a piece on certain products")
        return (share if is_share(offer) else piece) % {"benefit": worth}
    if offer.kind == BenefitKind.TIERED:
        return _("up to %(benefit)s") % {"benefit": worth}
    if offer.form == "coupon":
        return _("a coupon worth %(benefit)s") % {"benefit": worth}
    if offer.form == "gift_card":
        return _("a gift card worth %(benefit)s") % {"benefit": worth}
    return worth


def exactly(offer):
    """The same with what it is paid in: ``€10 store credit``, ``€10 paid out to you``."""
    if offer.form == "credit" and offer.kind == BenefitKind.PER_PRODUCT:
        return _("%(share)s as store credit") % {"share": benefit(offer)}
    if offer.form == "credit":
        return _("%(benefit)s store credit") % {"benefit": benefit(offer)}
    if offer.form == "cash":
        return _("%(benefit)s, paid out to you,") % {"benefit": benefit(offer)}
    return benefit(offer)


def in_its_form(offer):
    """A share of an order says that it comes in points: 100% of it is not its price."""
    if offer.form == "points" and is_share(offer):
        return _("%(benefit)s in points") % {"benefit": benefit(offer)}
    return benefit(offer)


def _worth(offer):
    """A percentage where there is one: of rules that pay both, it is what grows."""
    if offer.kind != BenefitKind.FIXED and offer.percent_bp:
        return reading.percent(offer.percent_bp)
    return reading.short_amount(offer.amount_minor, offer.unit)


def is_share(offer):
    """Whether it is a part of what is bought, rather than so much for it."""
    return offer.kind != BenefitKind.FIXED and bool(offer.percent_bp)


def minimum(offer):
    # Of an offer in points the minimum is still money.
    return reading.short_amount(offer.minimum_order_minor, _money(offer))


def maximum(offer):
    return reading.short_amount(offer.maximum_minor, offer.unit)


def _money(offer):
    return offer.program.currency if offer.form == "points" else offer.unit


def products(offer):
    """Which products or categories it is for: ``Coffee, Tea, Mugs and 4 more``; empty where for all."""
    if offer.kind != BenefitKind.PER_PRODUCT:
        return ""
    names = list(dict.fromkeys(name for item in offer.items for name in item["values"]))
    shown, more = names[:_NAMED], len(names) - _NAMED
    if more > 0:
        words = {"names": ", ".join(shown), "number": more}
        return ngettext("%(names)s and %(number)s more", "%(names)s and %(number)s more", more) % words
    if len(shown) < 2:  # noqa: PLR2004
        return "".join(shown)
    return _("%(names)s and %(last)s") % {"names": ", ".join(shown[:-1]), "last": shown[-1]}


def named(offer):
    """The sentence that says which, for what says ``certain products``."""
    which = products(offer)
    return _("The products: %(products)s.") % {"products": which} if which else ""
