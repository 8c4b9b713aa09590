"""Say by hand who brought a friend, with a reason: where nothing was recorded, or instead of what was.

The bond there was ends: its conversions are rejected, so that what they earned is taken back. The friend's orders since
then convert for the other advocate and are decided anew, each by the rules of its own day.
"""

from django.db import transaction

from advocacy import customers, given, persons
from advocacy.models import AdvocateStatus, bulk
from advocacy.refusals import Conflict, Refused
from referrals import conversions, events
from referrals.attribution import binding, candidates
from referrals.models import Method, Order, OrderStatus, Referral

_LOST = "attributed_to_other"
# Of the same advocate: somebody said that the friend was theirs before.
_FROM_THEN = "before_binding"


def attribute(*, advocate, friend, reason, at, since=None, again=False):
    """The new Referral. ``since``: from when on orders count; without it the old bond's moment, or the first order's.

    Of a friend who is theirs already only an earlier ``since`` changes anything; else it is a Conflict. Refuses
    ``self_referral``, an advocate of another storefront, and, unless it was theirs before (``again``), one who is
    banned or erased.
    """
    reason = given.text("reason", reason, longest=200, required=True)
    since = given.moment("since", since, at=at) if since else None
    with transaction.atomic():
        friend = customers.lock(friend)
        _check(advocate, friend, again)
        mine = Referral.objects.filter(friend__in=persons.ids_of(friend), program=advocate.program, ended_at=None)
        # Of records that were merged a moment ago each may still have one; the first stands.
        old, *others = [*mine.select_related("advocate").order_by("bound_at", "pk")] or [None]
        theirs = old and old.advocate.person_id == advocate.person_id
        if theirs and not (since and since < old.bound_at):
            raise Conflict("attributed_already", "This advocate brought this friend already.")
        for other in others:
            end(other, reason, at)
        if old:
            end(old, reason, at)
            old.lost_by = _FROM_THEN if theirs else _LOST
        since = min(since or (old.bound_at if old else _first_order(friend, at)), at)
        referral = _bind(advocate, friend, old, since, at)
        convert_since(referral, at)
    return referral


def _check(advocate, friend, again):
    if advocate.storefront_id != friend.storefront_id:
        raise Refused("unknown_advocate", "The advocate and the friend belong to different storefronts.")
    if candidates.same_person(advocate.customer, friend):
        raise Refused("self_referral", "Nobody brings themselves.")
    counts = persons.survivor(advocate)
    if counts.customer.erased_at and not again:
        raise Refused("advocate_erased", "This advocate was erased: nothing more is kept of them.")
    if counts.status == AdvocateStatus.BANNED and not again:
        raise Refused("advocate_banned", "This advocate is banned, and brings nobody.")


def end(old, reason, at, *, merge=None):
    """The bond binds nobody any more, and what its orders earned is taken back. ``merge``: the one that asks for it."""
    conversions.end(referral=old, reason=reason, at=at)
    old = Referral.objects.select_for_update(no_key=True, of=["self"]).select_related(
        "program", "advocate__customer", "friend", "link"
    ).get(pk=old.pk)  # fmt: skip
    old.ended_at, old.ended_reason, old.ended_by_merge = at, reason, merge
    old.version += 1
    old.save(update_fields=["ended_at", "ended_reason", "ended_by_merge", "version"])
    facts = binding.facts_of(old, new_customer=False) | {"stands": False}
    binding.tell(old, events.REFERRAL_ENDED, facts, occurred_at=at, at=at)


def _first_order(friend, at):
    placed = Order.objects.filter(customer__in=persons.ids_of(friend), status=OrderStatus.PAID).order_by("placed_at")
    return placed.values_list("placed_at", flat=True).first() or at


def _bind(advocate, friend, old, since, at):
    link = advocate.links.order_by("id").first()
    if link is None:
        raise Refused("advocate_without_link", "This advocate has no link yet; try again in a minute.")
    considered = [_candidate(advocate, link, at)] + [
        each | {"won": False, "reason": old.lost_by} if each.get("won") else each
        for each in (old.candidates if old else ())
    ]
    referral = bulk.made(
        Referral,
        storefront_id=advocate.storefront_id,
        program=advocate.program,
        advocate=advocate,
        friend=friend,
        link=link,
        method=Method.MANUAL,
        bound_at=since,
        candidates=considered,
        recorded_at=at,
        version=1,
    )
    bulk.insert([referral])
    earlier = candidates.earlier_orders(customer=friend, occurred_at=since)
    facts = binding.facts_of(referral, new_customer=earlier == 0)
    binding.tell(referral, events.REFERRAL_CREATED, facts, occurred_at=since, at=at)
    return referral


def _candidate(advocate, link, at):
    return {
        "method": str(Method.MANUAL),
        "link": str(link.public_id),
        "code": link.code,
        "advocate": str(advocate.public_id),
        "at": at.isoformat(),
        "won": True,
        "reason": "",
    }


def convert_since(referral, at):
    """The friend's paid orders since the bond convert, in the order in which they were placed."""
    friend = persons.ids_of(referral.friend)
    placed = Order.objects.filter(customer__in=friend, status=OrderStatus.PAID, placed_at__gte=referral.bound_at)
    # What an import told of the past earns nothing.
    placed = placed.filter(history=False)
    taken = placed.exclude(conversions__in=referral.program.conversions.filter(ended=False))
    taken = taken.select_related("customer", "storefront").order_by("placed_at", "pk")
    for order in taken.select_for_update(no_key=True, of=["self"]):
        order.unattributed = []
        order.save(update_fields=["unattributed"])
        conversions.record(order=order, referral=referral, cause=None, at=at)
