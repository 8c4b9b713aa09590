"""What advocates were shown and what they sent: the ground of share rates."""

from advocacy import persons
from advocacy.refusals import NotFound, Refused
from referrals import links
from referrals.models import Link, Share


def record(*, storefront, kind, at, code, channel="", customer=None):
    """The Share of the link with this code. ``customer``: only a link of their own.

    NotFound ``unknown_code``; Refused with a reason key where the link leads nowhere, as a share of it would.
    """
    mine = Link.objects.filter(storefront=storefront, code=code.strip().upper())
    if customer:
        mine = mine.filter(advocate__customer__in=persons.ids_of(customer))
    link = mine.select_related("program", "advocate").first()
    if link is None:
        raise NotFound("unknown_code", "There is no link with this code.", errors={"code": "It is not known."})
    if closed := links.closed_because(link, at=at):
        raise Refused(closed, "This link leads nowhere at the moment.", errors={"code": "It is not open."})
    return Share.objects.create(storefront=storefront, link=link, kind=kind, channel=channel or link.channel, at=at)
