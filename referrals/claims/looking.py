"""What is here of whom an advocate misses, and why it did not count by itself. Writes nothing."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Upper

from advocacy import ids, persons
from advocacy.models import AdvocateStatus, Customer
from advocacy.privacy import digest_of
from referrals import attribution, orders
from referrals.attribution import candidates
from referrals.models import ClaimState, NamedBy, Order, OrderStatus, Referral
from referrals.orders.recording import BOUND_SHORTLY_AFTER

# Of those who became known after an address was named, so many are compared with it.
_MOST_NEW = 5000


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``reasons``: as keys with their numbers. ``bond``: to whoever brought the friend; ``theirs``: the claimant did.

    ``against``: ``(code, sentence)`` of why it cannot be counted by a claim, or None.
    """

    order: Order | None = None
    friend: Customer | None = None
    bond: Referral | None = None
    theirs: bool = False
    counts: bool = False
    reasons: tuple = ()
    against: tuple | None = None


def look(claim):
    """What is here now, also where nothing was when it was asked."""
    if claim.order_id or claim.friend_id:
        return weigh(claim, claim.order, claim.friend)
    if claim.named_by == NamedBy.EMAIL:
        return weigh(claim, None, _new_owner(claim))
    return by_name(claim, claim.named)


def is_lost(claim):
    """Whether what was counted is so no longer: the friend is somebody else's by now, or nobody's."""
    if claim.state != ClaimState.ACCEPTED or not claim.referral_id or claim.referral.ended_at is None:
        return False
    bond = attribution.bond_of(program=claim.program, customer=persons.survivor(claim.friend))
    return not (bond and bond.advocate.person_id == claim.advocate.person_id)


def by_name(claim, name):
    """``name``: as ``asking.name_of`` answers it."""
    if claim.named_by == NamedBy.EMAIL:
        known = Customer.objects.filter(storefront=claim.storefront_id, email_key=name).order_by("pk").first()
        return weigh(claim, None, persons.survivor(known))
    return weigh(claim, _called(claim, name) or _with_code(claim, name), None)


def _new_owner(claim):
    """Who came with the address since it was named; only its digest is kept."""
    new = Customer.objects.filter(storefront=claim.storefront_id, email_key__gt="")
    new = new.filter(public_id__gte=ids.floor_of(claim.claimed_at))
    keys = new.order_by("-pk").values_list("pk", "email_key")[:_MOST_NEW]
    found = next((pk for pk, key in keys if digest_of(claim.storefront, key) == bytes(claim.digest)), None)
    return found and persons.survivor(Customer.objects.get(pk=found))


def _called(claim, name):
    """The one order of this number, in whatever case."""
    found = list(orders.called(name, storefronts=[claim.storefront_id]).select_related("customer")[:2])
    return found[0] if len(found) == 1 else None


def _with_code(claim, name):
    """The one order in the claim's time that came with this code and counts for nobody."""
    since = claim.claimed_at - timedelta(days=claim.program.claim_days)
    mine = Order.objects.filter(storefront=claim.storefront_id, placed_at__gte=since)
    mine = mine.exclude(conversions__program=claim.program_id, conversions__ended=False)
    typed = mine.annotate(typed=Upper("referral_code")).exclude(referral_code="").filter(typed=name.upper())
    # A coupon of ours is named by its id there, and in the claim.
    used = Q(coupon_codes__contains=[claim.named]) | Q(coupon_codes__contains=[name.upper()])
    found = list(typed.select_related("customer")[:2]) or list(mine.filter(used).select_related("customer")[:2])
    return found[0] if len(found) == 1 else None


def weigh(claim, order, friend):
    """``order`` or ``friend`` is what was found, or neither."""
    friend = order.customer if order else friend
    if friend is None:
        return Seen()
    bond = attribution.bond_of(program=claim.program, customer=friend)
    theirs = bool(bond and bond.advocate.person_id == claim.advocate.person_id)
    order = order or _newest(friend, claim)
    said = _reasons(claim, order, friend, bond=bond, theirs=theirs)
    return Seen(
        order=order,
        friend=friend,
        bond=bond,
        theirs=theirs,
        counts=theirs and (order is None or order.conversions.filter(referral=bond, ended=False).exists()),
        reasons=tuple(said.values()),
        against=_against(claim, said, order, bond, theirs),
    )


def _newest(friend, claim):
    """Of somebody named by an address: the first order in the claim's time, else the newest before it."""
    placed = Order.objects.filter(customer__in=persons.ids_of(friend)).select_related("customer")
    since = claim.claimed_at - timedelta(days=claim.program.claim_days)
    return placed.filter(placed_at__gte=since).order_by("placed_at").first() or placed.order_by("-placed_at").first()


def _too_late(claim, order):
    before, most = claim.claimed_at - order.placed_at, claim.program.claim_days
    return {"days": before.days, "threshold": most} if before > timedelta(days=most) else None


def _reasons(claim, order, friend, *, bond, theirs):
    """``{key: the reason with its numbers}``"""
    said = [*_of_the_advocate(claim), *(order.unattributed if order and not theirs else ())]
    if candidates.same_person(claim.advocate.customer, friend):
        said.append({"key": "self_referral"})
    if bond and not theirs:
        said.append({"key": "attributed_to_other"})
    if not theirs and (earlier := _earlier(claim, order, friend)):
        said.append({"key": "existing_customer", "orders": earlier})
    return {reason["key"]: reason for reason in [*said, *_of_the_order(claim, order, bond, theirs)]}


def _of_the_advocate(claim):
    mine = persons.survivor(claim.advocate)
    if mine.customer.erased_at:
        yield {"key": "advocate_erased"}
    elif mine.status == AdvocateStatus.BANNED:
        yield {"key": "advocate_banned"}


def _earlier(claim, order, friend):
    """How many orders came before the one that is missed, where the program is for new customers."""
    if order is None or not claim.program.new_customers_only:
        return 0
    return candidates.earlier_orders(customer=friend, occurred_at=order.placed_at, order=order)


def _of_the_order(claim, order, bond, theirs):
    if order is None:
        return
    if theirs and bond.bound_at > order.placed_at + BOUND_SHORTLY_AFTER:
        yield {"key": "before_binding"}
    if order.status != OrderStatus.PAID:
        yield {"key": "order_unpaid" if order.status == OrderStatus.PENDING else "order_cancelled"}
    if order.total_minor and order.refunded_minor >= order.total_minor:
        yield {"key": "wholly_refunded"}
    if late := _too_late(claim, order):
        yield {"key": "claim_too_late"} | late


_BY_HAND = "If it should count all the same, attribute the friend by hand."
_AGAINST = {
    "advocate_erased": "The advocate was erased: nothing more is kept of them.",
    "advocate_banned": "The advocate is banned, and brings nobody.",
    "claim_too_late": "The order was placed more than {days} days before; the program takes {threshold} days.",
    "existing_customer": "The friend had ordered before ({orders} earlier orders); the program is for new customers. "
    + _BY_HAND,
    "order_cancelled": "The order was cancelled: there is nothing to count.",
    "wholly_refunded": "The order was wholly refunded: there is nothing to count.",
}


def _against(claim, said, order, bond, theirs):
    for key, sentence in _AGAINST.items():
        if key in said:
            return key, sentence.format(**said[key])
    if bond and order and not theirs and _counted_before(bond, order):
        sentence = f"{bond.advocate} brought this friend, and orders before this one counted for it. {_BY_HAND}"
        return "counted_before", sentence
    return None


def _counted_before(bond, order):
    """Whether earlier orders count by this bond, which would be taken back with it."""
    return bond.conversions.filter(ended=False, order__placed_at__lt=order.placed_at).exists()
