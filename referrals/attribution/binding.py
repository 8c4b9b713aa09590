"""Bind a friend to the advocate who brought them: once per program, for good."""

from dataclasses import dataclass, field, replace

from django.db import transaction

from advocacy import customers, secret_codes
from advocacy.models import bulk
from advocacy.outbox.record import Draft, record
from referrals import events
from referrals.attribution import candidates
from referrals.attribution.choice import PRECEDENCE, choose
from referrals.models import Method, Referral

# Of a code that nobody has, this much is told.
LONGEST_CODE = 40


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What became of the hints.

    ``referral``: the bond by the strongest hint, or the one there was; ``referrals``: those of every program.
    ``reasons``: why something did not bind, as ``{"key": reason key, …its numbers}``. ``created``: a bond is new.
    """

    referral: Referral | None
    reasons: tuple = ()
    created: bool = False
    referrals: tuple = ()
    # The new ones among them, by id, each with how many orders its friend had placed before.
    new: dict = field(default_factory=dict)


def bind(*, storefront, customer, hints, at, occurred_at, order=None, just_made=False):
    """Judge what came with a sign-up or an order, program by program, and bind where something holds.

    The customer's row is locked until the transaction ends. A friend who is bound stays so, unchanged.
    ``order``: the recorded order that brings the hints, which is no earlier order of the friend. ``just_made``: the
    customer is this transaction's own, and so can have nothing yet.
    """
    occurred_at = min(occurred_at, at)
    with transaction.atomic(savepoint=False):
        customer = customer if just_made else customers.lock(customer)
        bound = {} if just_made else {bond.program_id: bond for bond in _bonds(customer)}
        reasons, new, tried = [], {}, set()
        for program, found in _by_program(storefront, hints, occurred_at).items():
            tried |= {candidate.method for candidate in found}
            if program.pk in bound:
                reasons += _others(bound[program.pk], found)
                continue
            earlier = candidates.earlier_orders(
                customer=customer, occurred_at=occurred_at, order=order, just_made=just_made
            )
            bond, lost = _bind(program, found, customer=customer, earlier=earlier, occurred_at=occurred_at, at=at)
            reasons += lost
            if bond:
                bound[program.pk] = bond
                new[bond.pk] = earlier
    if not bound:
        reasons = [*_unknown(storefront, hints, tried), *reasons] or [_reason("no_attribution")]
    made = [bond for bond in bound.values() if bond.pk in new]
    strongest = min(made, key=lambda bond: PRECEDENCE.index(bond.method), default=None)
    return Binding(
        referral=strongest or next(iter(bound.values()), None),
        reasons=tuple(_each_once(reasons)),
        created=bool(new),
        referrals=tuple(bound.values()),
        new=new,
    )


def _bonds(customer):
    mine = Referral.objects.filter(friend=customer, ended_at=None)
    return mine.select_related("program", "advocate__customer").order_by("id")


def _by_program(storefront, hints, occurred_at):
    found = {}
    for candidate in candidates.of(storefront=storefront, hints=hints, occurred_at=occurred_at):
        found.setdefault(candidate.link.program, []).append(candidate)
    return found


def _unknown(storefront, hints, tried):
    """What came and is nobody's; ``tried``: the methods that led to a link. Coupons are mostly no advocate's."""
    typed = "".join(filter(str.isprintable, str(hints.code or ""))).strip()
    if typed and Method.CODE not in tried:
        (typed,) = secret_codes.hidden(storefront=storefront.pk, codes=[typed])
        yield _reason("unknown_code", code=typed[:LONGEST_CODE])
    clicks = {Method.CLICK: hints.click_id, Method.COOKIE: hints.cookie}
    if any(given and method not in tried for method, given in clicks.items()):
        yield _reason("unknown_click")


def _others(bond, found):
    other = any(candidate.link.advocate_id != bond.advocate_id for candidate in found)
    return [_reason("attributed_to_other")] if other else []


def _bind(program, found, *, customer, earlier, occurred_at, at):
    """``(referral or None, reasons)``."""
    judged_by = {"customer": customer, "earlier_orders": earlier, "occurred_at": occurred_at}
    found = [_with_obstacle(candidate, candidates.obstacle(candidate, **judged_by)) for candidate in found]
    winner, judged = choose(
        found, window_days=program.window_days, click_precedence=program.click_precedence, at=occurred_at
    )
    if winner is None:
        return None, [_reason(one.reason, **one.numbers) for one in judged]
    link = winner.link
    clicked_at = winner.at if winner.click_id else None
    referral = bulk.made(
        Referral,
        storefront_id=program.storefront_id,
        program=program,
        advocate=link.advocate,
        friend=customer,
        link=link,
        method=winner.method,
        channel=link.channel,
        click_id=winner.click_id,
        clicked_at=clicked_at,
        bound_at=occurred_at,
        candidates=[_kept(one) for one in judged],
        recorded_at=at,
        version=1,
    )
    bulk.insert([referral])
    _tell(referral, at, new_customer=earlier == 0)
    return referral, []


def _with_obstacle(candidate, found):
    key, numbers = found
    return replace(candidate, obstacle=key, numbers=numbers) if key else candidate


def _kept(one):
    link = one.candidate.link
    return {
        "method": str(one.candidate.method),
        "link": str(link.public_id),
        "code": link.code,
        "advocate": str(link.advocate.public_id),
        "at": one.candidate.at.isoformat(),
        "won": one.won,
        "reason": one.reason,
        **({"numbers": one.numbers} if one.numbers else {}),
    }


def _tell(referral, at, *, new_customer):
    facts = facts_of(referral, new_customer=new_customer)
    tell(referral, events.REFERRAL_CREATED, facts, occurred_at=referral.bound_at, at=at)


def facts_of(referral, *, new_customer):
    """What its first event says of a bond."""
    program, advocate, friend = referral.program, referral.advocate, referral.friend
    since_click = max((referral.bound_at - referral.clicked_at).days, 0) if referral.clicked_at else None
    return {
        "method": str(referral.method),
        "link": str(referral.link.public_id) if referral.link else None,
        "candidates": len(referral.candidates),
        "days_since_click": since_click,
        "channel": referral.channel,
        "country": friend.country,
        "new_customer": new_customer,
        "advocate_segments": advocate.customer.segments,
        "friend_segments": friend.segments,
        "advocate_tier": advocate.customer.tier,
        "friend_tier": friend.tier,
        "advocate_status": str(advocate.status),
        "program_status": str(program.status_at(referral.bound_at)),
    }


def tell(referral, type, facts, *, occurred_at, at):
    draft = Draft(
        type=type,
        subject=referral,
        storefront=referral.storefront_id,
        customer=referral.friend,
        program=referral.program,
        advocate=referral.advocate,
        friend=referral.friend,
        facts=facts,
        occurred_at=occurred_at,
    )
    record([draft], at=at)


def _reason(key, **numbers):
    return {"key": key, **numbers}


def _each_once(reasons):
    first = {}
    for reason in reasons:
        first.setdefault(reason["key"], reason)
    return first.values()
