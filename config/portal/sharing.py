"""An advocate's link, and the ways to send it. Friends read who is rewarded: each text says so."""

from dataclasses import dataclass
from urllib.parse import quote

import segno
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from advocacy import offers
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
        off, plain = (
            _("I like %(shop)s. With my link you get %(benefit)s off."),
            _("I like %(shop)s. With my link you get %(benefit)s."),
        )
        said = off if offers.is_off(promise.friend) else plain
        said %= words
    else:
        said = _("I like %(shop)s. Have a look.") % words
    too = _("I get a reward too.")
    return f"{said} {too}" if promise.advocate else said


def _drawn(address):
    """The address as a QR code: an SVG of ours, so it is safe as it is."""
    return mark_safe(segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))
