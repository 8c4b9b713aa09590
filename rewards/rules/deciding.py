"""What the rules owe for one subject: a pure function of frozen facts. No clock, no database.

``decide`` is asked in every case: a first settling, a refund, a review, a replay, "why?", and what a draft rule would
have paid. Its answer depends on its arguments alone.
"""

from rewards.rules import amounts, checks, room
from rewards.rules.questions import Earlier, Verdict
from rewards.rules.terms import PER_PRODUCT


def decide(question, book, *, used):
    """A Verdict for each Terms of ``book``, in its order.

    ``used``: ``{(rule, cap, key, period): n}`` of the counters now, this subject's own earlier uses included.
    """
    verdicts = [_judge(question, terms, used) for terms in book]
    if len(verdicts) > 1:
        _compete(verdicts, question)
    return verdicts


def _judge(question, terms, used):
    earlier = _earlier(question, terms)
    rate, found, facts = checks.in_currency(question, terms)
    benefits = (found or terms.amounts).benefits
    meters = room.meters(question, terms, used, earlier)
    asked = checks.checks(question, terms, found, facts)
    failed = [check.reason for check in asked if not check.passed]
    for meter, _, others in meters:
        if meter.limit is not None:
            check = checks.room(meter, others)
            asked.append(check)
            # A cap of one side leaves the other its own.
            if meter.refuses and not check.passed:
                failed.append(check.reason)
    fresh = earlier is None or earlier.waits or earlier.again
    if fresh and failed:
        kept = {"meters": meters, "benefits": benefits, "first": facts, "rate": rate}
        return _no(question, terms, asked, failed=tuple(failed), kept=kept)
    sides = _sides(question, terms)
    verdict = Verdict(
        terms=terms,
        checks=asked,
        granted={},
        owed={},
        units={side: benefits[side].unit for side in sides},
        reasons={},
        refusal=() if fresh else earlier.refusal,
        uses={},
        meters=meters,
        benefits=benefits,
        first=facts,
        rate=rate,
        fresh=fresh,
    )
    hits = {}
    if not fresh:
        verdict.granted = {side: earlier.granted.get(side, 0) for side in sides}
    else:
        verdict.granted, hits = room.fit(_bases(sides, benefits, facts, terms, meters), verdict)
    _settle_owed(verdict, question, hits)
    return verdict


def _sides(question, terms):
    return [side for side in terms.pays if side in question.sides]


def _no(question, terms, asked, *, failed, kept):
    """Most rules say no to most subjects: nothing is granted, owed or counted."""
    sides = _sides(question, terms)
    nothing = dict.fromkeys(sides, 0)
    reasons = dict.fromkeys(sides, failed)
    units = {side: kept["benefits"][side].unit for side in sides}
    waits = failed == (checks.RATE_MISSING,)
    return Verdict(
        terms=terms,
        checks=asked,
        granted=nothing,
        owed=nothing,
        units=units,
        reasons=reasons,
        refusal=failed,
        uses={},
        waits=waits,
        no=True,
        **kept,
    )


def _settle_owed(verdict, question, hits):
    facts = question.facts
    target = {
        side: amounts.owed(verdict.benefits[side], facts, side, granted) for side, granted in verdict.granted.items()
    }
    verdict.owed, short = room.fit(target, verdict)
    earlier = _earlier(question, verdict.terms)
    verdict.uses = room.uses(verdict, facts, short, earlier.uses if earlier else {})
    verdict.reasons = {
        side: _reasons(facts, side, verdict, (*hits.get(side, ()), *short.get(side, ()))) for side in verdict.granted
    }


def _earlier(question, terms):
    if question.before is None:
        return None
    # A rule that was not asked before came into force for that time only afterwards.
    return question.before.get(terms.rule) or Earlier(refusal=("rule_not_in_force",))


# --- amounts -------------------------------------------------------------------------------------------------------


def _bases(sides, benefits, facts, terms, meters):
    return {
        side: amounts.base(benefits[side], facts, terms, position=_position(benefits[side], meters, facts))
        for side in sides
    }


def _position(benefit, meters, facts):
    """The advocate's position in the tiers' period, this subject included."""
    if benefit.tiers is None:
        return 0
    others = next(others for meter, _, others in meters if meter.cap == benefit.tiers.meter)
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


def _reasons(facts, side, verdict, hits):
    """Keys that explain why less than the full grant is owed, or why it waits."""
    granted = verdict.granted[side]
    if not granted:
        nothing = "product_excluded" if verdict.benefits[side].kind == PER_PRODUCT else "zero_amount"
        return tuple(hits) or tuple(verdict.refusal) or (nothing,)
    keys = list(dict.fromkeys(hits))
    if facts.get(f"{side}_review") == "rejected":
        keys.append("fraud_rejected")
    if facts.get("refunded_minor") or facts.get("cancelled"):
        keys.append("order_cancelled" if facts.get("cancelled") else "refunded")
    elif amounts.falls(facts):
        keys.append(_fallen(facts))
    if facts.get(f"{side}_review") == "held":
        keys.append("fraud_hold")
    return tuple(keys)


def _fallen(facts):
    if "basis_minor" in facts:
        return "order_unpaid"
    return "milestone_not_reached" if "step" in facts else "withdrawn"
