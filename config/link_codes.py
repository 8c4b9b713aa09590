"""The advocates' own codes as coupons: a shop takes each as long as its link leads somewhere. Joins links and pools."""

from dataclasses import replace

from django.db.models import Exists, OuterRef, Q

from advocacy import errands, ids, secrets
from advocacy.models import Errand, ErrandKind
from advocacy.platforms import discounts
from advocacy.platforms.discounts import Discount
from referrals import links
from referrals.models import Link
from rewards.models import CouponPool, PoolSource

_SAID = {
    discounts.MADE: "The shop takes the code.",
    discounts.THERE: "The shop takes the code: it had it already.",
    discounts.USED: "The code was used as often as it may be.",
    discounts.ENDED: "The shop takes the code no more.",
    discounts.NONE: "The shop has no such code.",
}


def follow(*, events, at):
    """Handler of links and advocates: what changes whether a code is good."""
    pools = _pools().filter(program__in={each.program_id for each in events})
    links_told = {each.subject_id for each in events if each.subject_kind == "link"}
    advocates = {each.advocate_id for each in events if each.subject_kind == "advocate"}
    for pool in pools:
        _ask(pool, _links(pool).filter(Q(public_id__in=links_told) | Q(advocate__in=advocates)), at)


def order(*, at, limit=500):
    """Links that no shop was told of yet, such as those that were there before their pool; returns how many."""
    count = 0
    for pool in _pools():
        told = Errand.objects.filter(kind=ErrandKind.LINK_CODE, connection=pool.connection_id)
        missing = _links(pool).filter(~Exists(told.filter(subject=OuterRef("public_id")))).order_by("id")
        count += _ask(pool, missing[:limit], at)
    return count


def _pools():
    return CouponPool.objects.filter(source=PoolSource.LINKS)


def _links(pool):
    return Link.objects.filter(program=pool.program_id)


def _ask(pool, rows, at):
    names = list(rows.values_list("public_id", flat=True))
    about = {(pool.storefront_id, pool.connection_id, name) for name in names}
    errands.ask(kind=ErrandKind.LINK_CODE, about=about, at=at)
    return len(about)


def do(*, errand, caller, at):
    """The errand of a link: its shop takes the code as the program's pool says. A sentence of what was done.

    A code that named somebody who is erased is ended first.
    A time at which the link ends is told to the shop, which ends the code by itself then.
    """
    if caller is None:
        Errand.objects.filter(pk=errand.pk).update(former=None)
        return "test_mode: no shop was called."
    link = Link.objects.select_related("program", "advocate").get(public_id=errand.subject)
    pools = _pools().filter(program=link.program, connection=errand.connection)
    wanted = _discount(link, pools.select_related("program").get())
    if errand.former is not None:
        discounts.end(caller, replace(wanted, code=secrets.open(errand.former)))
        Errand.objects.filter(pk=errand.pk, former=bytes(errand.former)).update(former=None)
    closed = links.closed_because(link, at=at)
    return _SAID[discounts.end(caller, wanted) if closed else discounts.bring(caller, wanted)[0]]


def _discount(link, pool):
    return Discount(
        code=link.code,
        name=ids.encode("lnk", link.public_id),
        family=ids.encode("pol", pool.public_id),
        label=pool.name,
        amount_minor=pool.amount_minor,
        currency=pool.currency,
        percent_bp=pool.percent_bp,
        minimum_minor=pool.minimum_minor,
        minimum_currency=pool.program.currency,
        uses=pool.most_uses,
        once_per_customer=True,
        starts_at=link.created_at.replace(microsecond=0),
        ends_at=link.expires_at and link.expires_at.replace(microsecond=0),
    )
