"""Codes that were used: as an order tells, or as the storefront says itself. The reward's credit counts as spent."""

from django.db import transaction
from django.db.models import Q

from advocacy import ids
from advocacy.refusals import Refused
from rewards import crediting, ledger, locks
from rewards import events as catalogue
from rewards.coupons import asking, codes, telling
from rewards.models import Coupon, CouponState, CouponUse, Leg, PoolKind

PAID, CANCELLED = "paid", "cancelled"
_OPEN = (CouponState.FREE, CouponState.HANDED, CouponState.ASSIGNED)


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

    Of a gift card an order takes what it costs, as far as it is there; all that is left where the order costs nothing
    and so does not say how much. A card whose use the storefront tells by calls is left to these calls. A code still in
    stock is used too, so that nobody gets it. Of an order that is wholly given back it is only noted: the shop may have
    given a new code.
    """
    paid = [event for event in events if event.facts["status"] == PAID and event.facts["coupon_codes"]]
    if paid:
        _use_in_orders(paid, at)
    undone = [ids.encode("ord", event.subject_id) for event in events if _given_back(event.facts)]
    if undone:
        storefronts = {event.storefront_id for event in events}
        rows = Coupon.objects.filter(storefront__in=storefronts, order_reference__in=undone, order_undone_at=None)
        rows.update(order_undone_at=at)


def _given_back(facts):
    return facts["status"] == CANCELLED or 0 < facts["total_minor"] <= facts["refunded_minor"]


def _use_in_orders(events, at):
    wanted = _wanted(events)
    coupons = _locked(list(wanted))
    done = _done(coupons, events)
    while taking := [(coupon, event) for coupon in coupons if (event := _next(coupon, wanted[coupon.pk], done))]:
        used = []
        for coupon, event in taking:
            amount = _of_order(coupon, event, done)
            done.append((coupon.pk, event.subject_id, amount))
            if amount or coupon.pool.kind != PoolKind.GIFT_CARD or coupon.state == CouponState.FREE:
                coupon.order_reference = ids.encode("ord", event.subject_id)
                used.append((coupon, amount, event.subject_id))
        _take(used, at)


def _wanted(events):
    """``{coupon id: [event of an order it was used in]}`` of those that may be used, each order once."""
    by_code = {}
    for event in events:
        for code in event.facts["coupon_codes"]:
            # Before orders named our coupons by their ids, and before an upload, the code itself stands there.
            key = event.storefront_id, ids.decode("cpn", code) or codes.fingerprint(code)
            by_code.setdefault(key, {}).setdefault(event.subject_id, event)
    names = {name for _, name in by_code}
    known = Q(fingerprint__in=[name for name in names if isinstance(name, bytes)])
    known |= Q(public_id__in=[name for name in names if not isinstance(name, bytes)])
    rows = Coupon.objects.filter(known, storefront__in={storefront for storefront, _ in by_code}, state__in=_OPEN)
    wanted = {}
    for pk, storefront, mark, name in rows.values_list("pk", "storefront_id", "fingerprint", "public_id"):
        found = by_code.get((storefront, bytes(mark)), {}) | by_code.get((storefront, name), {})
        if found:
            wanted[pk] = list(found.values())
    return wanted


def _done(coupons, events):
    """``[(coupon id, order, amount)]`` that these coupons, and these orders, took before."""
    mine = Q(coupon__in=coupons) | Q(order__in={event.subject_id for event in events})
    return list(CouponUse.objects.filter(mine).values_list("coupon_id", "order", "amount_minor"))


def _next(coupon, events, done):
    """Takes the next of its orders off the list, or None where the code is used up or told of by calls."""
    told = [(order, amount) for pk, order, amount in done if pk == coupon.pk]
    by_calls = coupon.used_minor > sum(amount for _, amount in told)
    while events and coupon.state in _OPEN and not by_calls:
        event = events.pop(0)
        if event.subject_id not in {order for order, _ in told}:
            return event
    return None


def _of_order(coupon, event, done):
    left, total = asking.left(coupon), event.facts["total_minor"]
    if coupon.pool.kind != PoolKind.GIFT_CARD or not total:
        return left
    paid = sum(amount for _, order, amount in done if order == event.subject_id)
    return min(left, max(total - paid, 0))


def _locked(pks):
    """These coupons, behind the locks of their rewards' subjects, in the one order of locks."""
    subjects = Coupon.objects.filter(pk__in=pks, reward__isnull=False).values_list("reward__subject_id", flat=True)
    locks.subjects_by_id(ids=list(subjects), wait=True)
    list(Coupon.objects.filter(pk__in=pks).order_by("pk").select_for_update().values_list("pk"))
    rows = Coupon.objects.filter(pk__in=pks).order_by("pk")
    return list(rows.select_related("pool", "reward__subject", "reward__advocate", "reward__rule_version"))


def _take(used, at):
    """``used``: (coupon, amount, our order's id or None)."""
    # A card that is a payout was paid with it: its use moves nothing in the ledger.
    moved = [(coupon.reward, amount, coupon) for coupon, amount, _ in used if amount and coupon.reward]
    for reward, amount, _ in moved:
        ledger.move(reward, [(Leg.USE, amount)])
    crediting.save([reward for reward, _, _ in moved])
    postings = [ledger.Posting(reward, Leg.USE, amount, coupon.public_id) for reward, amount, coupon in moved]
    ledger.post(postings, at=at)
    CouponUse.objects.bulk_create(
        CouponUse(coupon=coupon, order=order, amount_minor=amount, used_at=at)
        for coupon, amount, order in used
        if order
    )
    for coupon, amount, order in used:
        coupon.used_minor += amount
        coupon.used_at, coupon.version = at, coupon.version + 1
        if not asking.left(coupon):
            coupon.state = CouponState.USED
        coupon.save(update_fields=["state", "used_minor", "used_at", "order_reference", "version"])
        telling.tell(catalogue.COUPON_USED, [coupon], at=at, order=order)
