"""What a rule owes: pure functions on frozen facts. No clock, no database.

``decide`` is asked in every case: a first settling, a refund, a review, a replay, "why?", and what a draft rule
would have paid. Its answer depends on its arguments alone.
"""

from dataclasses import dataclass, field

from advocacy import conditions, money

ADVOCATE, FRIEND = "advocate", "friend"
SIDES = (ADVOCATE, FRIEND)
FIRST_ORDER = "first_order"
FIXED, PERCENT = "fixed", "percent"
# "The first order" is a cap of one use per friend, for all time.
ONCE_PER_FRIEND = "friend"


@dataclass(frozen=True)
class Benefit:
    """What one side gets. ``maximum_minor`` is per reward; None is without a maximum."""

    kind: str
    amount_minor: int = 0
    percent_bp: int = 0
    maximum_minor: int | None = None

    def amount(self, revenue_minor):
        if self.kind == FIXED:
            return self.amount_minor
        share = money.percent(revenue_minor, self.percent_bp)
        return share if self.maximum_minor is None else min(share, self.maximum_minor)


@dataclass(frozen=True)
class Terms:
    """One rule version, as far as deciding needs it. ``rule`` and ``version`` are the database's ids."""

    rule: int
    version: int
    number: int
    name: str
    unit: str
    frequency: str = FIRST_ORDER
    minimum_order_minor: int = 0
    conditions: tuple = ()
    hold_days: int = 0
    benefits: dict = field(default_factory=dict)

    @property
    def once_per_friend(self):
        return self.frequency == FIRST_ORDER


@dataclass(frozen=True)
class Before:
    """What an earlier settling of the same subject left for one rule: what was granted, by side.

    ``reasons`` are those given when nothing was granted: a grant of 0 stays 0, for the reason it had.
    """

    granted: dict = field(default_factory=dict)
    reasons: tuple = ()


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one subject. ``owed`` and ``granted`` are minor units by side; ``counted`` is cap use.

    ``refusal`` is why nothing was granted; ``reasons``, by side, why less than the grant is owed or why it waits.
    """

    terms: Terms
    checks: tuple
    granted: dict
    owed: dict
    reviewed: dict
    reasons: dict
    refusal: tuple
    counted: bool


def decide(facts, terms, *, used, before=None, first=None):
    """The verdict of one rule version on a subject's facts.

    ``facts``: the whole state of the subject, as its event carries it (see ``referrals.events``).
    ``first``: its first state, where that is not ``facts``: conditions and grant are decided on it, so that they do not
    depend on how late a worker comes; what is owed of the grant follows ``facts``.
    ``used``: how often the rule's cap is used by others than this subject.
    ``before``: None at the first settling, which alone fixes the grant; later ones lower it or restore it.
    """
    first = facts if first is None else first
    checks = (*_standing_checks(first, terms), *_checks(first, terms))
    if terms.once_per_friend:
        # Asked last: the first order is the first that meets all the others.
        checks += (conditions.check("not_first_order", "earlier_orders", "at_most", 0, used),)
    failed = tuple(check.reason for check in checks if not check.passed)
    if before is None:
        granted = dict.fromkeys(terms.benefits, 0) if failed else _grants(first, terms)
        refusal = failed
    else:
        granted = {side: before.granted.get(side, 0) for side in terms.benefits}
        refusal = before.reasons
    room = not terms.once_per_friend or used == 0
    owed = {side: _owed(facts, side, granted[side]) if room else 0 for side in terms.benefits}
    return Verdict(
        terms=terms,
        checks=checks,
        granted=granted,
        owed=owed,
        reviewed={side: _under_review(facts, side) for side in terms.benefits},
        reasons={side: _reasons(facts, side, granted[side], refusal, room) for side in terms.benefits},
        refusal=tuple(refusal),
        counted=room and any(granted[side] and not _given_back(facts, side) for side in terms.benefits),
    )


def _standing_checks(facts, terms):
    """What must hold of program and advocate at the moment of the fact."""
    program = facts["program_status"]
    over = "program_ended" if program == "ended" else "program_paused"
    yield conditions.check(over, "program_status", "is", "active", program)
    yield conditions.check("advocate_banned", "advocate_status", "none_of", ["banned"], facts["advocate_status"])
    yield conditions.check("wrong_currency", "currency", "is", terms.unit, facts["currency"])


def _checks(facts, terms):
    if terms.minimum_order_minor:
        yield conditions.check(
            "below_minimum", "goods_minor", "at_least", terms.minimum_order_minor, facts["goods_minor"]
        )
    yield from conditions.evaluate(terms.conditions, facts)


def _grants(facts, terms):
    return {side: benefit.amount(facts["revenue_minor"]) for side, benefit in terms.benefits.items()}


def _owed(facts, side, granted):
    """``round(grant × (basis − refunded) ÷ basis)``: cumulative, so the last refund takes the remainder by itself."""
    if not granted or facts[f"{side}_review"] == "rejected":
        return 0
    basis, kept = facts["basis_minor"], facts["basis_minor"] - facts["refunded_minor"]
    if basis == 0:
        return 0 if facts["cancelled"] else granted
    return money.share(granted, kept, basis)


def _given_back(facts, side):
    """Whether the side's share of the cap is free again: by a rejection or a whole refund, not by a part."""
    whole = facts["cancelled"] or (facts["basis_minor"] and facts["refunded_minor"] >= facts["basis_minor"])
    return bool(whole) or facts[f"{side}_review"] == "rejected"


def _under_review(facts, side):
    return facts[f"{side}_review"] == "held"


def _reasons(facts, side, granted, refusal, room):
    """Keys that explain why less than the full grant is owed, or why it waits."""
    if not granted:
        return tuple(refusal) or ("zero_amount",)
    keys = []
    if not room:
        keys.append("not_first_order")
    if facts[f"{side}_review"] == "rejected":
        keys.append("fraud_rejected")
    if facts["refunded_minor"] or facts["cancelled"]:
        keys.append("order_cancelled" if facts["cancelled"] else "refunded")
    if _under_review(facts, side):
        keys.append("fraud_hold")
    return tuple(keys)


def legs(*, owed, pending, available, releasable):
    """The moves that bring one reward to what is owed: ``[(leg, amount)]``, amounts above 0.

    What is taken back leaves pending first, then available. ``releasable``: its hold is over and nothing holds it;
    a posting that takes back releases nothing, so that it is told as what it is.
    """
    moves, difference = [], owed - pending - available
    if difference > 0:
        moves.append(("grant", difference))
        pending += difference
    elif difference < 0:
        from_pending = min(pending, -difference)
        moves += [("take_pending", from_pending), ("take_available", -difference - from_pending)]
        pending -= from_pending
    if releasable and difference >= 0:
        moves.append(("release", pending))
    return [(leg, amount) for leg, amount in moves if amount]
