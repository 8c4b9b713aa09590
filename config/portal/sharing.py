"""An advocate's link, and the ways to send it. Friends read who is rewarded: each text says so."""

from dataclasses import dataclass
from urllib.parse import quote

import segno
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from advocacy import offers
from advocacy.models import Side
from referrals import links


@dataclass(frozen=True)
class Sharing:
    """``shown``: the address as people read it; ``text``: what is sent with it."""

    address: str
    shown: str
    text: str
    whatsapp: str
    email: str
    qr: str


def of(*, link, storefront, promise):
    address, text = links.address(link), _text(storefront, promise)
    both = quote(f"{text} {address}", safe="")
    subject = quote(_("For you: %(shop)s") % {"shop": storefront.name}, safe="")
    return Sharing(
        address=address,
        shown=address.split("://", 1)[1],
        text=text,
        whatsapp=f"https://wa.me/?text={both}",
        email=f"mailto:?subject={subject}&body={both}",
        qr=_drawn(address),
    )


def _text(storefront, promise):
    words = {"shop": storefront.name}
    if promise.friend:
        words["benefit"] = offers.benefit(promise.friend)
        said = _("I like %(shop)s. With my link you get %(benefit)s.") % words
    else:
        said = _("I like %(shop)s. Have a look.") % words
    too = _("I get a reward too.")
    return f"{said} {too}" if promise.advocate else said


def _drawn(address):
    """The address as a QR code: an SVG of ours, so it is safe as it is."""
    return mark_safe(segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))


_WHEN = {
    "day": gettext_noop("today"),
    "week": gettext_noop("this week"),
    "month": gettext_noop("this month"),
    "year": gettext_noop("this year"),
    "all": gettext_noop("any more"),
}


def unavailable(*, promise, used_up):
    """A sentence for each offer whose budget is used up; ``used_up`` as ``rewards.promises`` tells it."""
    said = []
    for offer in promise.left_out:
        words = {"benefit": offers.benefit(offer), "when": _(_WHEN[used_up[offer.rule_version, offer.side]])}
        mine, theirs = (
            _("%(benefit)s for you is not available %(when)s: the budget is used up."),
            _("%(benefit)s for your friends is not available %(when)s: the budget is used up."),
        )
        said.append((theirs if offer.side == Side.FRIEND else mine) % words)
    return said
