"""What the rules owe for one subject: a pure function of frozen facts. No clock, no database.

``decide`` is asked in every case: a first settling, a refund, a review, a replay, "why?", and what a draft rule would
have paid. Its answer depends on its arguments alone.
"""

from rewards.rules import amounts, checks, room
from rewards.rules.asking import ask, no, sides
from rewards.rules.questions import Verdict
from rewards.rules.terms import PER_PRODUCT, TIER


def decide(question, book, *, used, start=None):
    """A Verdict for each Terms of ``book``, in its order.

    ``used``: ``{(rule, cap, key, period): n}`` of the counters now, this subject's own earlier uses included.
    ``start``: the same before those that are decided anew together with it; None where it is alone.
    """
    verdicts = [_judge(question, terms, used, used if start is None else start) for terms in book]
    if len(verdicts) > 1:
        _compete(verdicts, question)
    return verdicts


def _judge(question, terms, used, start):
    said = ask(question, terms)
    if said.no:
        return said.no
    meters = room.meters(question, terms, used, said.earlier)
    asked, failed = [*said.checks], [*said.failed]
    for meter, _, others in meters:
        if meter.limit is not None:
            check = checks.room(meter, others)
            asked.append(check)
            # A cap of one side leaves the other its own.
            if meter.refuses and not check.passed:
                failed.append(check.reason)
    if said.fresh and failed:
        refused = no(question, terms, said, tuple(failed), asked=asked, meters=meters)
        refused.others = question.others
        return refused
    paid = sides(question, terms)
    verdict = Verdict(
        terms=terms,
        checks=asked,
        granted={},
        owed={},
        units={side: said.benefits[side].unit for side in paid},
        reasons={},
        refusal=() if said.fresh else said.earlier.refusal,
        uses={},
        meters=meters,
        benefits=said.benefits,
        first=said.facts,
        rate=said.rate,
        fresh=said.fresh,
        earlier=said.earlier,
        places=_places(terms, meters, said.earlier, used, start),
        others=question.others,
    )
    hits = {}
    if said.fresh:
        verdict.granted, hits = room.fit(_bases(paid, verdict), verdict)
    else:
        verdict.granted = {side: said.earlier.granted.get(side, 0) for side in paid}
    _settle_owed(verdict, question, hits)
    return verdict


def _settle_owed(verdict, question, hits):
    facts = question.facts
    target = {side: _owed(verdict, facts, side, question.first) for side in verdict.granted}
    verdict.owed, short = room.fit(target, verdict)
    verdict.uses = room.uses(verdict, question, short, verdict.earlier.uses if verdict.earlier else {})
    verdict.reasons = {
        side: _reasons(question, side, verdict, (*hits.get(side, ()), *short.get(side, ()))) for side in verdict.granted
    }


def _owed(verdict, facts, side, first):
    benefit, granted = verdict.benefits[side], verdict.granted[side]
    return amounts.owed(benefit, facts, side, granted, first, terms=verdict.terms, rate=verdict.rate)


# --- amounts -------------------------------------------------------------------------------------------------------


def _bases(sides, verdict):
    facts, terms, benefits = verdict.first, verdict.terms, verdict.benefits
    return {
        side: amounts.base(benefits[side], facts, terms, position=_position(benefits[side], verdict.places, facts))
        for side in sides
    }


def _places(terms, meters, earlier, used, start):
    """``{cap: (period, how far others had come)}`` in the tiers when it was decided first.

    Decided anew, it counts what those before it changed, but not who came later.
    """
    found = {}
    for meter, key, others in meters:
        if meter.cap.startswith(TIER):
            period, count = key[2], (terms.rule, *key)
            known, then = earlier.places.get(meter.cap, (None, 0)) if earlier else (None, 0)
            moved = used.get(count, 0) - start.get(count, 0)
            found[meter.cap] = period, max(then + moved, 0) if known == period else others
    return found


def _position(benefit, places, facts):
    """The advocate's position in the tiers' period, this subject included."""
    if benefit.tiers is None:
        return 0
    _, others = places[benefit.tiers.meter]
    return others + (1 if benefit.tiers.measure == "conversions" else facts.get("revenue_minor", 0))


# --- competition ---------------------------------------------------------------------------------------------------


def _compete(verdicts, question):
    """Of the rules in one exclusive group one pays a side: by priority, then what it comes to, then the older rule."""
    rivals = {}
    for verdict in verdicts:
        if verdict.terms.exclusive_group:
            for side, granted in verdict.granted.items():
                if granted:
                    rivals.setdefault((verdict.terms.exclusive_group, side), []).append(verdict)
    for (_, side), each in rivals.items():
        if len(each) > 1:
            _lose(sorted(each, key=lambda verdict: _rank(verdict, side))[1:], side, question)


def _rank(verdict, side):
    """What was granted before stays; then as the rules say."""
    terms = verdict.terms
    worth = amounts.worth(verdict.benefits[side], verdict.granted[side], terms)
    return verdict.fresh, -terms.priority, -(worth or 0), terms.rule


def _lose(losers, side, question):
    for verdict in losers:
        if verdict.fresh:
            verdict.granted[side] = 0
            if not any(verdict.granted.values()):
                verdict.refusal = ("lost_to_priority",)
            _settle_owed(verdict, question, {side: ["lost_to_priority"]})


# --- words ---------------------------------------------------------------------------------------------------------


def _reasons(question, side, verdict, hits):
    """Keys that explain why less than the full grant is owed, or why it waits."""
    facts, granted = question.facts, verdict.granted[side]
    if not granted:
        nothing = "product_excluded" if verdict.benefits[side].kind == PER_PRODUCT else "zero_amount"
        return tuple(hits) or tuple(verdict.refusal) or (nothing,)
    keys = list(dict.fromkeys(hits))
    if facts.get(f"{side}_review") == "rejected":
        keys.append(facts.get("rejected_because") or "fraud_rejected")
    if facts.get("refunded_minor") or facts.get("cancelled"):
        keys.append("order_cancelled" if facts.get("cancelled") else "refunded")
    elif amounts.falls(facts):
        keys.append(_fallen(facts))
    if not facts.get("cancelled") and _corrected_to_less(question, side, verdict):
        keys.append("order_corrected")
    if facts.get(f"{side}_review") == "held":
        keys.append("fraud_hold")
    return tuple(keys)


def _corrected_to_less(question, side, verdict):
    """Whether less would be owed of the order as it is now although nothing of it were given back."""
    facts, first = question.facts, question.first
    if not amounts.corrected(facts, first):
        return False
    lines = [line | {"refunded_minor": 0} for line in facts.get("products", ())]
    whole = facts | {"refunded_minor": 0, "products": lines, f"{side}_review": "clear", "stands": True}
    return _owed(verdict, whole, side, first) < verdict.granted[side]


def _fallen(facts):
    if "basis_minor" in facts:
        return "order_unpaid"
    return "milestone_not_reached" if "step" in facts else "withdrawn"
