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
    if question.others:
        found = _together(found, asking.elsewhere(question, terms, places), used, rule)
    if not terms.milestone_every and had_first_order(question.first):
        found = [(meter, key, max(others, 1) if meter.cap == ONCE else others) for meter, key, others in found]
    return [(meter, key, _beside(meter, key, others, earlier)) for meter, key, others in found] if earlier else found


def had_first_order(first):
    """Whether the friend was brought before this program, as an import told, and had ordered before this order.

    What their first order had earned was given elsewhere.
    """
    return first.get("method") == "import" and first.get("earlier_orders", 0) > 0


def _together(found, elsewhere, used, rule):
    """The same with what was counted for the same persons by their other names."""
    return [
        (meter, key, others + sum([used.get((rule, *place), 0) for place in further]))
        for (meter, key, others), further in zip(found, elsewhere, strict=True)
    ]


def _beside(meter, key, others, earlier):
    """What others use, as far as it counts against a subject that was settled before: what that holds, it keeps.

    Others may have come since by a version with a higher limit, or by a merge. Only a correction takes room away, with
    a limit that is lower than the one it was decided with.
    """
    if meter.limit is None or (earlier.again and meter.limit < earlier.limits.get(meter.cap, 0)):
        return others
    return min(others, meter.limit - earlier.uses.get(key, 0))


def fit(wanted, verdict):
    """``(amounts, {side: reasons})``: what of the wanted amounts there is room for."""
    given, hits = dict(wanted), {}
    for meter, _, others in verdict.meters:
        if meter.limit is None:
            continue
        room = meter.limit - others
        sides = {side: given[side] for side in meter.sides if given.get(side)}
        fitting = _shares(sides, verdict, room) if meter.measure == AMOUNT else sides if room > 0 else {}
        for side, amount in sides.items():
            if fitting.get(side, 0) < amount:
                given[side] = fitting.get(side, 0)
                hits.setdefault(side, []).append(meter.reason)
    return given, hits


def _shares(sides, verdict, room):
    """``{side: amount}``: what each has already comes first, then what there is more room for, in their order."""
    held = verdict.earlier.owed if verdict.earlier else {}
    shares, room = dict.fromkeys(sides, 0), max(room, 0)
    for most in (held, sides):
        for side, amount in sides.items():
            share = min(amount, max(most.get(side, 0), shares[side]), room + shares[side])
            if share == amount or verdict.benefits[side].form not in WHOLE_FORMS:
                room -= share - shares[side]
                shares[side] = share
    return shares


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
