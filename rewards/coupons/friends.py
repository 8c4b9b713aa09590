"""A code of their own, used once, for each friend who asks for it on the page of a link, known or not.

Nobody knows yet who they are, so the code is bound to their visit: the click they came by, or what their browser was
told to remember. See docs/decisions/0016.
"""

from datetime import timedelta

from django.db import IntegrityError, connection, transaction

from advocacy.models import Program
from advocacy.refusals import Refused
from rewards import events as catalogue
from rewards.coupons import asking, assigning, codes, in_shop, pools, telling
from rewards.models import Coupon, CouponPool, CouponState, PoolKind, PoolSource

# A network, such as an office's, gets so many codes a day; then the newest of them again.
MOST_A_DAY = 20
# Codes that a shop has made before anybody asks: at a press of a button there is no time for it.
STOCK = 20


def give(*, pool, at):
    """Friends who come by a link of the program get codes of this pool from now on, and of no other."""
    if not may_be_given(pool):
        raise Refused("wrong_pool", f"“{pool.name}” holds no coupons that are used once.")
    Program.objects.filter(pk=pool.program_id).update(friends_pool=pool.public_id)
    in_shop.wake_when_committed()


def may_be_given(pool):
    return pool.kind == PoolKind.COUPON and pool.source != PoolSource.LINKS


def stop(*, pool):
    """Nobody gets a code of this pool by coming any more; those that were given stay good."""
    Program.objects.filter(pk=pool.program_id, friends_pool=pool.public_id).update(friends_pool=None)


def wanted_in_stock(pool):
    return STOCK if pool.made_in_shop and in_shop.friends_get(pool) else 0


def waiting_pools():
    """The pools (a queryset) that shops make codes of before anybody asks."""
    return CouponPool.objects.filter(source=PoolSource.IN_SHOP, public_id__in=Program.objects.values("friends_pool"))


def hand_out(*, program, link, visit, visitor, at):
    """The code of this visit, made its own if it has none yet; None where the pool is empty.

    ``link``: its public id. ``visit``: the click's id, or another of the browser's. ``visitor``: the day's digest of
    the network, or empty. A visit whose code was used or is over gets it again, and no other.
    """
    pool = CouponPool.objects.select_related("program").get(public_id=program.friends_pool, program=program)
    try:
        with transaction.atomic():
            return _of(program, visit) or _of_crowd(pool, visitor, at) or _given(pool, link, visit, visitor, at)
    except IntegrityError:
        # Pressed twice at once.
        return _of(program, visit)


def _of(program, visit):
    rows = Coupon.objects.filter(pool__program=program, visit=visit)
    return rows.select_related("pool__program", "reward").first()


def _of_crowd(pool, visitor, at):
    """The newest of a visitor's codes, where they have as many as one gets a day."""
    if not visitor:
        return None
    rows = Coupon.objects.filter(pool=pool, visitor=visitor, assigned_at__gt=at - timedelta(days=1))
    theirs = list(rows.select_related("pool__program", "reward").order_by("-assigned_at", "-pk")[:MOST_A_DAY])
    return theirs[0] if len(theirs) == MOST_A_DAY else None


def _given(pool, link, visit, visitor, at):
    taken = assigning.taken(pool, 1, at=at)
    if pool.made_in_shop:
        # The next is made while this one is used.
        in_shop.wake_when_committed()
    if not taken:
        pools.warn(pool, at=at)
        return None
    [coupon] = taken
    coupon.pool, coupon.link, coupon.visit, coupon.visitor = pool, link, visit, visitor
    coupon.state, coupon.assigned_at, coupon.version = CouponState.HANDED, at, coupon.version + 1
    coupon.expires_at = at + timedelta(days=pool.expiry_days or pool.program.window_days)
    coupon.save()
    in_shop.follow([coupon], at=at)
    telling.tell(catalogue.COUPON_ISSUED, [coupon], at=at)
    pools.warn(pool, at=at)
    return coupon


def shown(coupon, *, at):
    """The whole code where it is still good, else an empty text."""
    return "" if asking.unusable(coupon, at=at) else codes.shown(coupon)


def put_back(coupons):
    """Uploaded codes of friends who did not use them in time go back into stock; others are made anew. Locked rows."""
    back = [coupon for coupon in coupons if coupon.pool.uploaded]
    for coupon in back:
        coupon.state, coupon.version = CouponState.FREE, coupon.version + 1
        coupon.link = coupon.visit = coupon.assigned_at = coupon.expires_at = None
        coupon.visitor = b""
        coupon.save()
    for pool in {coupon.pool for coupon in back}:
        pools.restocked(pool)


def links_behind(*, storefront, texts):
    """``{text: public id of a link}`` of the texts that are codes which a friend got by coming through it. One query.

    A shop's name of a code counts like the code.
    """
    marks = {text: codes.fingerprint(text) for text in texts}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, shop_reference, link FROM rewards_coupon WHERE storefront_id = %s "
            "AND link IS NOT NULL AND (fingerprint = ANY(%s) OR shop_reference = ANY(%s))",
            [storefront.pk, list(set(marks.values())), [text for text in marks if text]],
        )
        rows = cursor.fetchall()
    found = {bytes(mark): link for mark, _, link in rows} | {name: link for _, name, link in rows if name}
    return {text: link for text, mark in marks.items() if (link := found.get(mark) or found.get(text))}
