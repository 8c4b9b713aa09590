"""Milestones: for every so many converted friends of an advocate, or once, a step that is rewarded by itself.

The conversions of a milestone's rule fill one counter an advocate. A step is a subject of its own: owed while the
counter stands at its ``threshold`` or above, taken back below, restored above. It keeps the version that it was first
decided by, and its threshold, and counts once for an advocate, whatever the rule's number of friends becomes. While it
takes a friend under review to reach it, it waits as if it was under review itself; its hold counts from the order of
the friend who reached it.

While all versions ask for the same number, step k is at ``k × every``. A version that asks for another counts on from
the last step that was reached. Of who advocates by several records, merged, see ``shared_steps``.
"""

from collections import defaultdict
from dataclasses import dataclass

from rewards.models import Decision, Reward, RewardStatus
from rewards.rules.terms import FRIENDS, HELD
from rewards.settlement import derived, shared_steps
from rewards.settlement.derived import STEP

# What the hold of a step counts from: the order that reached it.
_HOLD = ("placed_at", "paid_at", "shipped_at", "delivered_at", "digital")


def steps(found, rule_book, used):
    """The Cases of the steps that these decided Cases reached, left, came back to or told of, locked and asked.

    ``used``: the counters after the cases, which the caller has locked.
    """
    told = _told(found)
    shared = _shared(found, rule_book, used, told)
    paths = _paths(found, rule_book, used)
    keys = {path.key(k) for path in paths.values() for k in path.passed} | _pending(told)
    known = derived.known(list(keys)) if keys else {}
    taken = {case.subject.public_id for case in shared}
    mine = [case for key, case in known.items() if key not in taken]
    turned = [asked for case in mine if (asked := _turned(case, paths, told, rule_book))]
    return turned + _new(paths.values(), known) + shared


def reached(*, advocates, rules):
    """``{(rule, advocate's public id): {threshold: k}}`` of the steps that these were ever at."""
    rows = Decision.objects.filter(number=1, subject__trigger=STEP, subject__advocate__public_id__in=advocates)
    names = ("verdicts__0__rule", "facts__threshold", "facts__own", "facts__step")
    found = defaultdict(dict)
    for advocate, rule, threshold, own, k in rows.values_list("subject__advocate__public_id", *names):
        if rule in rules:
            found[rule, advocate][own or threshold] = k
    return found


@dataclass(frozen=True, slots=True)
class _Climb:
    """That a conversion, decided by these Terms, brought the advocate to a step."""

    case: object
    terms: object
    threshold: int


class _Path:
    """How an advocate's counter of one rule went through a settling, move by move, to its ``end``."""

    def __init__(self, rule_book, rule, advocate, end, held):
        self.rule, self.advocate, self.end, self.moves = rule, advocate, end, []
        self.clear = end - held  # the friends that no review may take away
        self.versions = [terms for terms in rule_book.terms_of_rule(rule) if terms.milestone_every]
        self._rule_id = rule_book.by_version[self.versions[0].version].rule.public_id

    @property
    def changed(self):
        """Whether its versions ask for different numbers."""
        return len({(terms.milestone_every, terms.milestone_repeats) for terms in self.versions}) > 1

    def finish(self, steps):
        """Once it knows all moves. ``steps``: ``{threshold: k}`` of those there are, where it ``changed``."""
        self.stations, was_clear = [self.end], self.clear
        for change, held, *_ in reversed(self.moves):
            self.stations.insert(0, self.stations[0] - change)
            was_clear -= change - held
        spans = [(min(self.stations), max(self.stations)), sorted((was_clear, self.clear))]
        if self.changed:
            self.passed = {k for threshold, k in steps.items() for low, high in spans if low < threshold <= high}
        else:
            self.passed = {k for span in spans for k in self.versions[0].crossed(*span)}
        self.climbs = self._climb(steps)

    def _climb(self, steps):
        """``{k: _Climb}`` of the steps that it came to and stayed at or above."""
        climbs = {}
        for low, high, (*_, case, terms) in zip(self.stations, self.stations[1:], self.moves, strict=False):
            if high < low:
                climbs = {k: climb for k, climb in climbs.items() if climb.threshold <= high}
            elif high > low and (k := self._step_at(high, terms, steps, climbs)):
                climbs[k] = _Climb(case, terms, high)
        return climbs

    def _step_at(self, friends, terms, steps, climbs):
        """Which step this many friends come to, None between two."""
        if not self.changed:
            return next(iter(terms.crossed(friends - 1, friends)), None)
        if friends in steps:
            return steps[friends]
        last, k = max((*steps.items(), *((climb.threshold, k) for k, climb in climbs.items())), default=(0, 0))
        more = friends - last >= terms.milestone_every and (terms.milestone_repeats or not k)
        return k + 1 if more else None

    def review(self, threshold):
        return "clear" if self.clear >= threshold else "held"

    def key(self, k):
        return derived.public_id(self._rule_id, self.advocate, k)


def _paths(found, rule_book, used):
    """``{(rule, advocate): _Path}`` of those whose counters moved."""
    paths = {}
    for change, held, case, terms in _moves(found, merged=False):
        rule, advocate = terms.rule, case.question.who["advocate"]
        if (rule, advocate) not in paths:
            ends = (used.get((rule, cap, advocate, "all"), 0) for cap in (FRIENDS, HELD))
            paths[rule, advocate] = _Path(rule_book, rule, advocate, *ends)
        paths[rule, advocate].moves.append((change, held, case, terms))
    changed = [place for place, path in paths.items() if path.changed]
    rules, advocates = {rule for rule, _ in changed}, {advocate for _, advocate in changed}
    known = reached(advocates=advocates, rules=rules) if changed else {}
    for place, path in paths.items():
        path.finish(known.get(place, {}))
    return paths


def _moves(found, *, merged):
    """``(change, of it held, case, terms)`` of what moved the counter of an advocate who is ``merged``, or is not."""
    for case in found:
        if bool(case.others.get("advocate")) != merged:
            continue
        for verdict in case.verdicts:
            if verdict.terms.milestone_every:
                advocate = case.question.who["advocate"]
                change, held = (_change(case, verdict, (cap, advocate, "all")) for cap in (FRIENDS, HELD))
                if change or held:
                    yield change, held, case, verdict.terms


def _change(case, verdict, key):
    before = (case.question.before or {}).get(verdict.terms.rule)
    return verdict.uses.get(key, 0) - (before.uses.get(key, 0) if before else 0)


def _told(found):
    """The Cases that may tell more of an order that had reached a step: sent, delivered, no longer digital."""
    return [case for case in found if not case.first and any(map(_may_tell, case.verdicts))]


def _may_tell(verdict):
    terms = verdict.terms
    late = terms.hold_from in ("shipping", "delivery") or (terms.digital_at_once and terms.hold_days)
    return terms.milestone_every and verdict.uses and late


def _pending(told):
    """The public ids of these advocates' steps that are not credited yet: of others no hold is asked."""
    mine = {case.subject.advocate.customer_id for case in told}
    rows = Reward.objects.filter(recipient__in=mine, status=RewardStatus.PENDING, subject__trigger=STEP)
    return set(rows.values_list("subject__public_id", flat=True)) if mine else set()


def _turned(case, paths, told, rule_book):
    """Its Case, asked, where what it owes, waits for or counts its hold from is not as it was decided last."""
    (rule,) = case.earlier
    path, now = paths.get((rule, case.who["advocate"])), {}
    if path:
        threshold = shared_steps.own_threshold(case)
        stands = path.end >= threshold
        # One that fell has nothing that could wait.
        now = {"friends": path.end, "stands": stands, "advocate_review": path.review(threshold) if stands else "clear"}
    climb = path.climbs.get(case.facts["step"]) if path and not case.facts["stands"] else None
    if by := climb.case if climb else _who_reached(case, told):
        now |= _hold(by)
    if all(case.facts.get(name) == value for name, value in now.items() if name != "friends"):
        return None
    terms = rule_book.terms(case.earlier[rule]["version"], case.subject.occurred_at)
    return derived.ask(case, terms.stepped(), case.facts | now)


def _who_reached(case, told):
    """The Case of the conversion that it was reached by, where that is told of; older ones do not say which it was."""
    by, subject = case.facts.get("reached_by"), case.subject
    for one in told:
        if one.subject.advocate_id == subject.advocate_id and (
            str(one.subject.public_id) == by if by else one.subject.occurred_at == subject.occurred_at
        ):
            return one
    return None


def _hold(case):
    known = {name: case.facts[name] for name in _HOLD if name in case.facts}
    return known | {"reached_by": str(case.subject.public_id)}


def _new(paths, known):
    wanted = {
        path.key(k): (path, k, climb)
        for path in paths
        for k, climb in path.climbs.items()
        if path.key(k) not in known and climb.threshold <= path.end
    }
    rows = [derived.row(trigger=STEP, key=key, like=climb.case) for key, (_, _, climb) in wanted.items()]
    return [_asked(case, *wanted[case.subject.public_id]) for case in derived.made(rows)]


def _asked(case, path, k, climb):
    now = {
        "friends": path.end,
        "step": k,
        "threshold": climb.threshold,
        "stands": True,
        "advocate_review": path.review(climb.threshold),
    }
    return _ask_new(case, climb.case, climb.terms, now)


def _ask_new(case, by, terms, now):
    """``by``: the Case that it was reached with."""
    standing = {name: by.first_facts[name] for name in ("program_status", "advocate_status")}
    return derived.ask(case, terms.stepped(), now | standing | _hold(by))


def _shared(found, rule_book, used, told):
    """The same Cases as of ``steps``, of those who advocate by several records."""
    groups = {}
    for change, _, case, terms in _moves(found, merged=True):
        key = terms.rule, shared_steps.names_of(case)
        groups.setdefault(key, shared_steps.Group(*key)).moves.append((change, case, terms))
    shared_steps.read(groups, used, rule_book)
    cases = []
    for group in groups.values():
        cases += shared_steps.turned(group, rule_book, lambda case, facts, of=group: _held_by(case, facts, of, told))
        cases += _new_shared(group, rule_book)
    return cases


def _held_by(case, facts, group, told):
    """What its hold counts from, where that is told of, or is another order than it was."""
    climbed = facts["stands"] and not case.facts["stands"]
    by = (climbed and group.climbed(facts["threshold"])) or _who_reached(case, told)
    return _hold(by) if by else {}


def _new_shared(group, rule_book):
    """One after the other, because each counts among those of its record."""
    rows, facts = [], {}
    for by, terms, threshold in group.new():
        rule_id = rule_book.by_version[terms.version].rule.public_id
        k, own = group.place(by.who["advocate"], terms)
        row = derived.row(trigger=STEP, key=derived.public_id(rule_id, by.who["advocate"], k), like=by)
        rows.append(row)
        facts[row.public_id] = by, terms, group.facts(threshold, by.who["advocate"]) | {"step": k, "own": own}
    return [_ask_new(case, *facts[case.subject.public_id]) for case in derived.made(rows)]
