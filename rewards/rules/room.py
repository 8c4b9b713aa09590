"""How much room there is in the counters that a rule fills, and what a subject takes of it. Pure."""

from advocacy import money
from rewards.rules import amounts, periods
from rewards.rules.terms import AMOUNT, COUNT, HELD, WHOLE_FORMS


def meters(question, terms, used, earlier):
    if not terms.meters:
        return ()
    mine, rule = earlier.uses if earlier else {}, terms.rule
    return [
        (meter, key, used.get((rule, *key), 0) - (mine.get(key, 0) if mine else 0))
        for meter, key in zip(terms.meters, keys(question, terms), strict=True)
    ]


def keys(question, terms):
    """``[(cap, key, period)]`` of the counters that a decision of these terms reads, in the order of its meters."""
    found = question.known_keys.get(id(terms))
    if found is None:
        who, moment, zone = question.who, question.moment, terms.zone
        found = [(meter.cap, who[meter.scope], periods.key(meter.period, moment, zone)) for meter in terms.meters]
        question.known_keys[id(terms)] = found
    return found


def fit(wanted, verdict):
    """``(amounts, {side: reasons})``: what of the wanted amounts there is room for."""
    given, hits = dict(wanted), {}
    for meter, _, others in verdict.meters:
        if meter.limit is None:
            continue
        room = meter.limit - others
        for side in meter.sides:
            amount = given.get(side, 0)
            if not amount:
                continue
            fits = (amount if room > 0 else 0) if meter.measure == COUNT else min(amount, max(room, 0))
            if fits < amount and verdict.benefits[side].form in WHOLE_FORMS:
                fits = 0
            if meter.measure == AMOUNT:
                room -= fits
            if fits < amount:
                given[side] = fits
                hits.setdefault(side, []).append(meter.reason)
    return given, hits


def uses(verdict, facts, short):
    """What the subject takes of the counters, ``{(cap, key, period): n}``.

    Of a count 1 while a side of it is granted and not given back; rounding a rest to nothing gives nothing back. Of an
    amount what is owed. What has no limit counts every subject that qualifies: milestones and tiers.
    """
    lost = [side for side in short if not verdict.owed[side]]
    kept = [
        side
        for side, granted in verdict.granted.items()
        if granted and side not in lost and not amounts.given_back(facts, side)
    ]
    counts = [(meter, others) for meter, _, others in verdict.meters if meter.limit is not None and meter.refuses]
    qualifies = not verdict.refusal and all(others < meter.limit for meter, others in counts if meter.measure == COUNT)
    taken = {}
    for meter, key, _ in verdict.meters:
        if meter.measure == AMOUNT:
            number = sum([verdict.owed.get(side, 0) for side in meter.sides])
        elif verdict.terms.milestone_every or meter.limit is None:
            number = _counted(meter, facts, verdict.first) if qualifies else 0
        else:
            number = int(any(side in kept for side in meter.sides))
        if number:
            taken[key] = number
    return taken


def _counted(meter, facts, first):
    """``first``: in the program's currency, like the positions of tiers."""
    if amounts.given_back(facts, "advocate"):
        return 0
    if meter.cap == HELD:
        return int(facts.get("advocate_review") == "held")
    if meter.measure == COUNT:
        return 1
    basis = facts.get("basis_minor", 0)
    revenue = first.get("revenue_minor", 0)
    return money.share(revenue, max(basis - facts["refunded_minor"], 0), basis) if basis > 0 else revenue
