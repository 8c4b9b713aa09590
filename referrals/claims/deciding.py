"""Whether a missing friend counts: decided by somebody, or refused where nobody did in time."""

from django.db import transaction

from advocacy import customers, given
from advocacy.refusals import Conflict, NotFound, Refused
from referrals import attribution, events, orders
from referrals.claims import looking, telling
from referrals.models import Claim, ClaimState
from referrals.orders.recording import BOUND_SHORTLY_AFTER

REFUSED, NOT_DECIDED = "claim_refused", "claim_not_decided"
_BY_HAND = "The advocate missed this friend."
_AT_ONCE = 100


def accept(*, claim, at, by=None, reason="", about=""):
    """The friend is the advocate's, from the order on; it is decided by the rules of its own day.

    ``about``: the order's number, or ``cus_…`` or ``ext_…``, where nothing was found by what the advocate named, or
    something else. A bond to another advocate ends, and what it earned by this order and later ones is taken back.
    Refuses in words what is decided already (Conflict ``claim_decided``), ``claim_over``, ``nothing_found``, what
    stands against it (``claim_too_late``, ``existing_customer``, ``order_cancelled``, ``wholly_refunded``,
    ``counted_before`` of another advocate's friend whose earlier orders counted, ``advocate_banned``,
    ``advocate_erased``), and what attributing by hand refuses.
    """
    reason = given.text("reason", reason, longest=200).strip()
    with transaction.atomic():
        # The friend first, as whoever erases them: two who wait for each other end in an error.
        if friend := (_about(claim, about) if about else looking.look(claim)).friend:
            customers.lock(friend)
        claim = _lock(claim)
        if at > claim.decide_by:
            said = f"It was to be decided by {claim.decide_by:%-d %B %Y}. Attribute the friend by hand instead."
            raise Refused("claim_over", said)
        seen = _about(claim, about) if about else looking.look(claim)
        if seen.friend is None:
            said = "Nothing of what was named is here. Name the order or the customer that it is about, or refuse."
            raise Refused("nothing_found", said, errors={"about": said})
        if seen.against:
            raise Refused(*seen.against)
        claim.order, claim.friend = seen.order, seen.friend
        claim.referral = _bond(claim, seen, reason or _BY_HAND, at)
        _decide(claim, ClaimState.ACCEPTED, by=by, reason=reason, at=at)
    return claim


def refuse(*, claim, at, by=None, reason=""):
    """It does not count. ``reason`` is a word for colleagues; the advocate reads a neutral one."""
    reason = given.text("reason", reason, longest=200).strip()
    with transaction.atomic():
        claim = _lock(claim)
        claim.refusal = REFUSED
        _decide(claim, ClaimState.REFUSED, by=by, reason=reason, at=at)
    return claim


def end_overdue(*, at, storefront=None):
    """Refuse what nobody decided in time; how many."""
    over = Claim.objects.filter(state=ClaimState.OPEN, decide_by__lt=at)
    over = over.filter(storefront=storefront) if storefront else over.filter(storefront__clock_ahead=0)
    ended = 0
    for found in over.order_by("decide_by")[:_AT_ONCE]:
        with transaction.atomic():
            claim = _locked(found)
            # Somebody may have decided it meanwhile.
            if claim.state == ClaimState.OPEN:
                claim.refusal = NOT_DECIDED
                _decide(claim, ClaimState.REFUSED, by=None, reason="", at=at)
                ended += 1
    return ended


def _locked(claim):
    rows = Claim.objects.select_for_update(no_key=True, of=["self"])
    beside = ("storefront", "program", "advocate__customer", "order__customer", "friend")
    return rows.select_related(*beside).get(pk=claim.pk)


def _lock(claim):
    claim = _locked(claim)
    if claim.state != ClaimState.OPEN:
        raise Conflict("claim_decided", f"It was decided on {claim.decided_at:%-d %B %Y} already.")
    return claim


def _about(claim, name):
    found = list(orders.called(name.strip(), storefronts=[claim.storefront_id]).select_related("customer")[:2])
    if len(found) == 1:
        return looking.weigh(claim, found[0], None)
    try:
        return looking.weigh(claim, None, customers.named(storefront=claim.storefront, name=name.strip()))
    except NotFound as unknown:
        said = f"Nothing is called {name[:60]}. Write the order’s number, or cus_… or ext_… of the customer."
        raise Refused("nothing_found", said, errors={"about": said}) from unknown


def _bond(claim, seen, reason, at):
    """The bond there is, where it covers the order; else one from the order on."""
    begins = seen.order.placed_at if seen.order else at
    if seen.theirs and (seen.order is None or seen.bond.bound_at <= begins + BOUND_SHORTLY_AFTER):
        return seen.bond
    return attribution.by_hand(
        advocate=claim.advocate, friend=seen.friend, reason=reason, since=begins.isoformat(), at=at
    )


def _decide(claim, state, *, by, reason, at):
    claim.state, claim.reason, claim.decided_at, claim.decided_by = state, reason, at, by
    claim.version += 1
    claim.save()
    telling.tell(claim, events.CLAIM_DECIDED, at=at)
