"""Bind a friend to the advocate who brought them: once per program, for good."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from advocacy import customers, persons, secret_codes
from advocacy.models import Customer, bulk
from advocacy.outbox.record import Draft, record
from referrals import events
from referrals.attribution import candidates
from referrals.attribution.choice import PRECEDENCE, choose
from referrals.models import Method, Order, Referral

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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came with one sign-up or order.

    ``order``: the recorded order that brings the hints, which is no earlier order of the friend. ``just_made``: the
    customer is this transaction's own, and so can have nothing yet.
    """

    customer: Customer
    hints: candidates.Hints
    occurred_at: datetime
    order: Order | None = None
    just_made: bool = False


def bind(*, storefront, customer, hints, at, occurred_at, order=None):
    """Judge what came with a sign-up or an order, program by program, and bind where something holds.

    The customer's row is locked until the transaction ends. A friend who is bound stays so, unchanged.
    ``order``: as in ``Asked``.
    """
    asked = Asked(customer=customer, hints=hints, occurred_at=occurred_at, order=order)
    with transaction.atomic(savepoint=False):
        tell = []
        (bound,) = bind_all(storefront=storefront, asked=[asked], at=at, tell=tell)
        record(tell, at=at)
    return bound


def bind_all(*, storefront, asked, at, tell):
    """A ``Binding`` for each ``Asked``, of different customers: as ``bind``, with a few statements for all.

    Appends to ``tell`` the drafts of the bonds' events: the caller records them in the same transaction.
    """
    asked = [replace(each, occurred_at=min(each.occurred_at, at)) for each in asked]
    with transaction.atomic(savepoint=False):
        locked = customers.lock_all([each.customer for each in asked if not each.just_made])
        asked = [replace(each, customer=locked.get(each.customer.pk, each.customer)) for each in asked]
        bonds = _bonds(locked)
        found = candidates.of(
            storefront=storefront, asked=[(each.hints, each.customer, each.occurred_at) for each in asked]
        )
        hinted = [each.customer for each, ways in zip(asked, found, strict=True) if ways]
        mailboxes = candidates.with_mailboxes_of(storefront, hinted)
        judged = [
            _Judged(each, bonds.get(each.customer.pk, []), ways, mailboxes, at)
            for each, ways in zip(asked, found, strict=True)
        ]
        made = [bond for each in judged for bond in each.made]
        bulk.insert(made)
        tell += [_draft(bond, new_customer=each.earlier[bond.program_id] == 0) for each in judged for bond in each.made]
    return [each.binding(storefront) for each in judged]


class _Judged:
    """The hints of one customer, judged program by program; ``made`` are new bonds, not yet inserted."""

    def __init__(self, asked, bonds, found, mailboxes, at):
        self.asked, self.found, self.mailboxes = asked, found, mailboxes
        self.bound = {bond.program_id: bond for bond in bonds}
        self.made, self.reasons, self.earlier = [], [], {}
        for program, ways in _by_program(found).items():
            if program.pk in self.bound:
                self.reasons += _others(self.bound[program.pk], ways)
            else:
                self._bind(program, ways, at)

    def _bind(self, program, ways, at):
        asked = self.asked
        earlier = candidates.earlier_orders(
            customer=asked.customer,
            occurred_at=asked.occurred_at,
            order=asked.order,
            just_made=asked.just_made,
            mailboxes=self.mailboxes,
        )
        bond, lost = _bind(
            program, ways, customer=asked.customer, earlier=earlier, occurred_at=asked.occurred_at, at=at
        )
        self.reasons += lost
        if bond:
            self.bound[program.pk], self.earlier[program.pk] = bond, earlier
            self.made.append(bond)

    def binding(self, storefront):
        """What became of it, once the bonds are inserted."""
        tried, reasons = {candidate.method for candidate in self.found}, self.reasons
        if not self.bound:
            reasons = [*_unknown(storefront, self.asked.hints, tried), *reasons] or [_reason("no_attribution")]
        strongest = min(self.made, key=lambda bond: PRECEDENCE.index(bond.method), default=None)
        return Binding(
            referral=strongest or next(iter(self.bound.values()), None),
            reasons=tuple(_each_once(reasons)),
            created=bool(self.made),
            referrals=tuple(self.bound.values()),
            new={bond.pk: self.earlier[bond.program_id] for bond in self.made},
        )


def _bonds(people):
    """``{customer id: their bonds}``, also those of other records of theirs."""
    found = {}
    whose = {pk: person for person in people.values() for pk in persons.ids_of(person)}
    if whose:
        mine = Referral.objects.filter(friend__in=list(whose), ended_at=None)
        for bond in mine.select_related("program", "advocate__customer").order_by("id"):
            person = whose[bond.friend_id]
            if bond.friend_id == person.pk:
                bond.friend = person
            found.setdefault(person.pk, []).append(bond)
    return found


def _by_program(found):
    by_program = {}
    for candidate in found:
        by_program.setdefault(candidate.link.program, []).append(candidate)
    return by_program


def _unknown(storefront, hints, tried):
    """What came and is nobody's; ``tried``: the methods that led to a link. Coupons are mostly no advocate's."""
    said = {
        Method.CODE: ("unknown_code", hints.code),
        Method.INVITATION: ("unknown_invitation", hints.invitation),
    }
    for method, (key, text) in said.items():
        typed = "".join(filter(str.isprintable, str(text or ""))).strip()
        if typed and method not in tried:
            (typed,) = secret_codes.hidden(storefront=storefront.pk, codes=[typed])
            yield _reason(key, code=typed[:LONGEST_CODE])
    clicks = {Method.CLICK: hints.click_id, Method.COOKIE: hints.cookie}
    if any(given and method not in tried for method, given in clicks.items()):
        yield _reason("unknown_click")


def _others(bond, found):
    other = any(candidate.link.advocate.person_id != bond.advocate.person_id for candidate in found)
    return [_reason("attributed_to_other")] if other else []


def _bind(program, found, *, customer, earlier, occurred_at, at):
    """``(a referral to insert, or None; reasons)``."""
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
        # What checks of fraud look at, also where a code won.
        **({"click": str(one.candidate.click_id)} if one.candidate.click_id else {}),
    }


def _draft(referral, *, new_customer):
    facts = facts_of(referral, new_customer=new_customer)
    return draft(referral, events.REFERRAL_CREATED, facts, occurred_at=referral.bound_at)


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
    record([draft(referral, type, facts, occurred_at=occurred_at)], at=at)


def draft(referral, type, facts, *, occurred_at):
    return Draft(
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


def _reason(key, **numbers):
    return {"key": key, **numbers}


def _each_once(reasons):
    first = {}
    for reason in reasons:
        first.setdefault(reason["key"], reason)
    return first.values()
