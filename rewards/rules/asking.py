"""What a rule says of a subject before its counters are known, which settles most of it: most rules say no. Pure.

Counters are asked for, made and locked only where the answer depends on them; so a rule with a budget that does not
apply keeps nobody waiting, and the same no to the same facts is worked out once.
"""

from typing import NamedTuple

from rewards.rules import checks, periods
from rewards.rules.questions import Earlier, Rate, Verdict
from rewards.rules.terms import ONCE, ONCE_HELD


class Asked(NamedTuple):
    """``facts``: the first ones, in the currency of the ``benefits``. ``no``: the Verdict, where it is certain."""

    earlier: Earlier | None
    rate: Rate | None = None
    benefits: dict | None = None
    facts: dict | None = None
    checks: list | None = None
    failed: tuple = ()
    no: Verdict | None = None

    @property
    def fresh(self):
        """Whether grants are made now, and not only followed."""
        return self.earlier is None or self.earlier.waits or self.earlier.again


def ask(question, terms):
    """The Asked of these terms, worked out once for a question."""
    # With its Terms, which hash slowly: while they are kept no others have their id.
    _, found = question.asked.get(id(terms), (None, None))
    if found is None:
        found = (
            _of_first(question, terms) if question.before is None else _ask(question, terms, _earlier(question, terms))
        )
        question.asked[id(terms)] = terms, found
    return found


def keys(question, terms):
    """``[(cap, key, period)]`` of the counters that a decision of these terms reads, in the order of its meters."""
    if not terms.meters or ask(question, terms).no:
        return ()
    mine = places(question, terms)
    return mine + [key for found in elsewhere(question, terms, mine) for key in found] if question.others else mine


def places(question, terms):
    """The same whatever the answer is."""
    who, moment, zone = question.who, question.moment, terms.zone
    return [(meter.cap, who[meter.scope], periods.key(meter.period, moment, zone)) for meter in terms.meters]


def elsewhere(question, terms, mine):
    """For each of these places of its own, those that the same persons fill by their other names.

    Which orders of one friend stand for a milestone is asked of each bond alone.
    """
    others = question.others
    return [
        ()
        if meter.cap in (ONCE, ONCE_HELD) and terms.milestone_every
        else [(cap, key, period) for key in others.get(meter.scope, ())]
        for meter, (cap, _, period) in zip(terms.meters, mine, strict=True)
    ]


def sides(question, terms):
    return [side for side in terms.pays if side in question.sides]


def _earlier(question, terms):
    # A rule that was not asked before came into force for that time only afterwards.
    return question.before.get(terms.rule) or Earlier(refusal=("rule_not_in_force",))


# How many different answers a rule keeps.
_MOST_KEPT = 500


def _of_first(question, terms):
    key = _key(question, terms)
    if key is None:
        return _ask(question, terms, None)
    found = terms.refusals.get(key)
    if found is None:
        found = _ask(question, terms, None)
        if found.no:
            if len(terms.refusals) >= _MOST_KEPT:
                terms.refusals.clear()
            # Nothing of the subject itself stays in it.
            terms.refusals[key] = found = found._replace(facts=None)
    return found


def _key(question, terms):
    """All that a no depends on, or None where that is more than the facts that the conditions read."""
    first = question.first
    if terms.months_limit or "step" in first or first.get("currency", terms.unit) != terms.unit:
        return None
    least = terms.amounts.minimum_order_minor
    return (
        question.sides,
        first.get("program_status"),
        first.get("advocate_status"),
        first.get("goods_minor") if least else None,
        terms.reads(first),
    )


def _ask(question, terms, earlier):
    rate, found, facts = checks.in_currency(question, terms)
    benefits = (found or terms.amounts).benefits
    asked = checks.checks(question, terms, found, facts)
    failed = tuple([check.reason for check in asked if not check.passed])
    said = Asked(earlier, rate, benefits, facts, asked, failed)
    if failed and (said.fresh or not (earlier.uses or any(earlier.granted.values()))):
        return said._replace(no=no(question, terms, said, failed if said.fresh else earlier.refusal))
    return said


def no(question, terms, said, refusal, *, asked=None, meters=()):
    """The Verdict that grants, owes and counts nothing, for these reasons."""
    paid = sides(question, terms)
    nothing = dict.fromkeys(paid, 0)
    return Verdict(
        terms=terms,
        checks=said.checks if asked is None else asked,
        granted=nothing,
        owed=nothing,
        units={side: said.benefits[side].unit for side in paid},
        reasons=dict.fromkeys(paid, refusal),
        refusal=refusal,
        uses={},
        meters=meters,
        benefits=said.benefits,
        first=None,
        rate=said.rate,
        waits=said.fresh and refusal == (checks.RATE_MISSING,),
        fresh=said.fresh,
        no=True,
    )
