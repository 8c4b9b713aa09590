"""An advocate's link, and the ways to send it. Friends read who is rewarded: each text says so."""

from dataclasses import dataclass
from urllib.parse import quote

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from advocacy import offers, reading
from advocacy.models import Side
from referrals import links
from referrals.pages import qr


@dataclass(frozen=True)
class Sharing:
    """``shown``: the address as people read it; ``text``: what is sent with it; ``email``: opens it as a mail."""

    address: str
    shown: str
    text: str
    whatsapp: str
    email: str
    qr: str


def of(*, link, storefront, promise, to=""):
    """``to``: whose address the mail has already."""
    address, text = links.address(link), _text(storefront, promise)
    both = quote(f"{text} {address}", safe="")
    subject = quote(_("For you: %(shop)s") % {"shop": storefront.name}, safe="")
    return Sharing(
        address=address,
        shown=address.split("://", 1)[1],
        text=text,
        whatsapp=f"https://wa.me/?text={both}",
        email=f"mailto:{quote(to, safe='@')}?subject={subject}&body={both}",
        qr=qr.inline(address),
    )


def _text(storefront, promise):
    words = {"shop": storefront.name}
    if promise.also:
        each = [" ".join([f"{capfirst(offers.to_friend(one))}.", offers.conditions(one)]) for one in promise.of_friend]
        said = "\n".join([_("I like %(shop)s. With my link you get:") % words, *(one.strip() for one in each), ""])
    elif promise.friend:
        words["offer"] = offers.to_friend(promise.friend)
        said = f"{_('I like %(shop)s. With my link you get %(offer)s.') % words} {offers.named(promise.friend)}".strip()
    else:
        said = _("I like %(shop)s. Have a look.") % words
    too = _("I get a reward too.")
    return f"{said.rstrip(' ')}{'' if promise.also else ' '}{too}" if promise.advocate else said.strip()


def unavailable(*, promise, program, at):
    """A sentence for each offer whose limit is full. Of what was never for this advocate nothing is said."""
    told = [each for each in promise.left_out if each.why.whose]
    return [" ".join([_full(each), *_opens(each.why.until, program, at)]) for each in told]


def _full(left_out):
    theirs, words = left_out.offer.side == Side.FRIEND, {"benefit": offers.benefit(left_out.offer)}
    if left_out.why.whose == "program":
        said = (
            _("%(benefit)s for your friends is not available now: the budget is used up.")
            if theirs
            else _("%(benefit)s for you is not available now: the budget is used up.")
        )
    else:
        said = (
            _("%(benefit)s for your friends is not available now: as many as may have it through you have it.")
            if theirs
            else _("%(benefit)s for you is not available now: you have reached the most that one person can get.")
        )
    return said % words


def _opens(until, program, at):
    if until is None:
        return []
    return [_("It opens again on %(day)s.") % {"day": reading.day(until, zone=program.time_zone, at=at)}]
