"""How much room there is in the counters that a rule fills, and what a subject takes of it. Pure."""

from rewards.rules import amounts, asking
from rewards.rules.terms import AMOUNT, COUNT, FRIENDS, HELD, ONCE, ONCE_HELD, WHOLE_FORMS


def meters(question, terms, used, earlier):
    if not terms.meters:
        return ()
    mine, rule = earlier.uses if earlier else {}, terms.rule
    places = asking.places(question, terms)
    found = [
        (meter, key, used.get((rule, *key), 0) - (mine.get(key, 0) if mine else 0))
        for meter, key in zip(terms.meters, places, strict=True)
    ]
    if not question.others:
        return found
    return _together(found, asking.elsewhere(question, terms, places), used, rule, earlier)


def _together(found, elsewhere, used, rule, earlier):
    """The same with what was counted for the same persons by their other names.

    What was given before they were merged stays, also where all of it together is more than the limit.
    """
    together = []
    for (meter, key, others), further in zip(found, elsewhere, strict=True):
        more = sum([used.get((rule, *place), 0) for place in further])
        if more and meter.limit is not None and earlier and not earlier.again:
            held = earlier.uses.get(key, 0)
            more = max(0, min(more, meter.limit - held - others))
        together.append((meter, key, others + more))
    return together


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


def uses(verdict, question, short, mine):
    """What the subject takes of the counters, ``{(cap, key, period): n}``; ``mine``: what it took of them until now.

    Of a count 1 while a side of it is granted and not given back; rounding a rest to nothing gives nothing back. Of an
    amount what is owed. What has no limit counts every subject that qualifies: milestones and tiers.
    """
    facts, first = question.facts, question.first
    lost = [side for side in short if not verdict.owed[side]]
    kept = [
        side
        for side, granted in verdict.granted.items()
        if granted and side not in lost and not amounts.given_back(facts, side, first)
    ]
    counts = [(meter, others) for meter, _, others in verdict.meters if meter.limit is not None and meter.refuses]
    qualifies = not verdict.refusal and all(others < meter.limit for meter, others in counts if meter.measure == COUNT)
    if verdict.terms.milestone_every:
        return _of_milestone(verdict, question, mine, qualifies)
    taken = {}
    for meter, key, _ in verdict.meters:
        if meter.measure == AMOUNT:
            number = sum([verdict.owed.get(side, 0) for side in meter.sides])
        elif meter.limit is None:
            number = _counted(meter, question, verdict.first) if qualifies else 0
        else:
            number = int(any(side in kept for side in meter.sides))
        if number:
            taken[key] = number
    return taken


def _of_milestone(verdict, question, mine, qualifies):
    """A friend counts once, while any of their orders that qualified stands.

    Whatever order is settled when that begins or ends takes the difference; so of FRIENDS a subject may take 1, 0 or,
    where it was the last of several to fall, −1, and all of them together take what there is.
    """
    keys = {meter.cap: key for meter, key, _ in verdict.meters}
    others = {meter.cap: other for meter, _, other in verdict.meters}
    now = of_order(question.facts, question.first) if qualifies else NO_ORDER
    # By whatever key: before, these counted a friend for all advocates together.
    before = tuple(sum(number for (cap, *_), number in mine.items() if cap == wanted) for wanted in (ONCE, ONCE_HELD))
    friends, held = moved(before, now, (others[ONCE], others[ONCE_HELD]))
    taken = {
        ONCE: now[0],
        ONCE_HELD: now[1],
        FRIENDS: mine.get(keys[FRIENDS], 0) + friends,
        HELD: mine.get(keys[HELD], 0) + held,
    }
    return {keys[cap]: number for cap, number in taken.items() if number}


NO_ORDER = (0, 0)


def of_order(facts, first):
    """``(stands, and waits for a review)`` of an order that qualified for a milestone, each 1 or 0."""
    stands = not amounts.given_back(facts, "advocate", first)
    return int(stands), int(stands and facts.get("advocate_review") == "held")


def moved(before, now, others):
    """What an order that was ``before`` and is ``now`` changes of FRIENDS and HELD, beside the friend's ``others``."""
    (was, was_held), (stands, held) = _friend(before, others), _friend(now, others)
    return stands - was, held - was_held


def _friend(order, others):
    standing, held = order[0] + others[0], order[1] + others[1]
    return int(standing > 0), int(0 < standing <= held)


def _counted(meter, question, converted):
    """``converted``: the first facts in the program's currency, like the positions of tiers."""
    if amounts.given_back(question.facts, "advocate", question.first):
        return 0
    return 1 if meter.measure == COUNT else revenue_kept(converted.get("revenue_minor", 0), question)


def revenue_kept(revenue, asked):
    """Of the revenue of what is asked about, which may be no order."""
    return amounts.kept(revenue, asked.facts, asked.first) if "basis_minor" in asked.facts else revenue
