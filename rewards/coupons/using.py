"""Codes that were used: as an order tells, or as the storefront says itself. The reward's credit counts as spent."""

from django.db import transaction

from advocacy import ids
from advocacy.refusals import Refused
from rewards import crediting, ledger, locks
from rewards import events as catalogue
from rewards.coupons import asking, codes, telling
from rewards.models import Coupon, CouponState, Leg, PoolKind

PAID, CANCELLED = "paid", "cancelled"


def use(*, coupon, at, amount_minor=None, reference=""):
    """Note that a code was used elsewhere; returns it as it is then.

    ``amount_minor``: of a gift card, how much of it; without it, all that is left. ``reference``: what the storefront
    calls it. Raises ``Refused`` with the reason key where the code cannot be used.
    """
    with transaction.atomic():
        coupon = _locked([coupon.pk])[0]
        key = asking.unusable(coupon, at=at)
        if key:
            raise Refused(key, asking.SENTENCES[key])
        amount = _amount(coupon, amount_minor)
        coupon.order_reference = reference or coupon.order_reference
        _take([(coupon, amount, None)], at)
    return coupon


def _amount(coupon, asked):
    left = asking.left(coupon)
    if asked is None:
        return left
    if coupon.pool.kind != PoolKind.GIFT_CARD:
        raise Refused("not_in_parts", "A coupon is used as a whole; leave amount_minor out.")
    if not 0 < asked <= left:
        said = f"amount_minor must be from 1 to {left}: that is left on the card."
        raise Refused("above_the_rest", said, errors={"amount_minor": said})
    return asked


def in_orders(*, events, at):
    """Handler of orders: a code that an order was paid with is used, whoever ordered.

    A gift card whose use the storefront tells by calls is left to these calls. A code still in stock is used too, so
    that nobody gets it. Of an order that is wholly given back it is only noted: the shop may have given a new code.
    """
    wanted = {}
    for event in events:
        if event.facts["status"] == PAID:
            for code in event.facts["coupon_codes"]:
                wanted.setdefault((event.storefront_id, codes.fingerprint(code)), event)
    if wanted:
        _use_in_orders(wanted, at)
    undone = [ids.encode("ord", event.subject_id) for event in events if _given_back(event.facts)]
    if undone:
        storefronts = {event.storefront_id for event in events}
        rows = Coupon.objects.filter(storefront__in=storefronts, order_reference__in=undone, order_undone_at=None)
        rows.update(order_undone_at=at)


def _given_back(facts):
    return facts["status"] == CANCELLED or 0 < facts["total_minor"] <= facts["refunded_minor"]


def _use_in_orders(wanted, at):
    open_ones = Coupon.objects.filter(
        storefront__in={storefront for storefront, _ in wanted},
        fingerprint__in={mark for _, mark in wanted},
        state__in=[CouponState.FREE, CouponState.ASSIGNED],
    )
    used = []
    for coupon in _locked(list(open_ones.values_list("pk", flat=True))):
        event = wanted.get((coupon.storefront_id, bytes(coupon.fingerprint)))
        if event and coupon.state in (CouponState.FREE, CouponState.ASSIGNED) and not coupon.used_minor:
            coupon.order_reference = ids.encode("ord", event.subject_id)
            used.append((coupon, asking.left(coupon), event.subject_id))
    if used:
        _take(used, at)


def _locked(pks):
    """These coupons, behind the locks of their rewards' subjects, in the one order of locks."""
    subjects = Coupon.objects.filter(pk__in=pks, reward__isnull=False).values_list("reward__subject_id", flat=True)
    locks.subjects_by_id(ids=list(subjects), wait=True)
    list(Coupon.objects.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk"))
    rows = Coupon.objects.filter(pk__in=pks).order_by("pk")
    return list(rows.select_related("pool", "reward__advocate", "reward__rule_version"))


def _take(used, at):
    """``used``: (coupon, amount, our order's id or None)."""
    # A card that is a payout was paid with it: its use moves nothing in the ledger.
    moved = [(coupon.reward, amount, coupon) for coupon, amount, _ in used if amount and coupon.reward]
    for reward, amount, _ in moved:
        ledger.move(reward, [(Leg.USE, amount)])
    crediting.save([reward for reward, _, _ in moved])
    postings = [ledger.Posting(reward, Leg.USE, amount, coupon.public_id) for reward, amount, coupon in moved]
    ledger.post(postings, at=at)
    for coupon, amount, order in used:
        coupon.used_minor += amount
        coupon.used_at, coupon.version = at, coupon.version + 1
        if not asking.left(coupon):
            coupon.state = CouponState.USED
        coupon.save(update_fields=["state", "used_minor", "used_at", "order_reference", "version"])
        telling.tell(catalogue.COUPON_USED, [coupon], at=at, order=order)
