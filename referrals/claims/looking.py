"""What is here of whom an advocate misses, and why it did not count by itself. Writes nothing."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Upper

from advocacy import ids, persons
from advocacy.models import Customer
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

    ``too_late``: the numbers of ``claim_too_late``, or None.
    """

    order: Order | None = None
    friend: Customer | None = None
    bond: Referral | None = None
    theirs: bool = False
    counts: bool = False
    reasons: tuple = ()
    too_late: dict | None = None


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
    for spelling in dict.fromkeys((name, name.upper(), name.lower())):
        found = list(orders.called(spelling, storefronts=[claim.storefront_id]).select_related("customer")[:2])
        if len(found) == 1:
            return found[0]
    return None


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
    late = _too_late(claim, order) if order else None
    return Seen(
        order=order,
        friend=friend,
        bond=bond,
        theirs=theirs,
        counts=theirs and (order is None or order.conversions.filter(referral=bond, ended=False).exists()),
        reasons=tuple(_reasons(claim, order, friend, bond=bond, theirs=theirs, late=late)),
        too_late=late,
    )


def _newest(friend, claim):
    """Of somebody named by an address: the first order in the claim's time, else the newest before it."""
    placed = Order.objects.filter(customer__in=persons.ids_of(friend)).select_related("customer")
    since = claim.claimed_at - timedelta(days=claim.program.claim_days)
    return placed.filter(placed_at__gte=since).order_by("placed_at").first() or placed.order_by("-placed_at").first()


def _too_late(claim, order):
    before = (claim.claimed_at - order.placed_at).days
    return {"days": before, "threshold": claim.program.claim_days} if before > claim.program.claim_days else None


def _reasons(claim, order, friend, *, bond, theirs, late):
    said = list(order.unattributed) if order and not theirs else []
    if candidates.same_person(claim.advocate.customer, friend):
        said.append({"key": "self_referral"})
    if bond and not theirs:
        said.append({"key": "attributed_to_other"})
    if order and theirs and bond.bound_at > order.placed_at + BOUND_SHORTLY_AFTER:
        said.append({"key": "before_binding"})
    if order and order.status != OrderStatus.PAID:
        said.append({"key": "order_unpaid" if order.status == OrderStatus.PENDING else "order_cancelled"})
    if late:
        said.append({"key": "claim_too_late"} | late)
    return list({reason["key"]: reason for reason in said}.values())
