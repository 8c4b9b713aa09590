"""Milestones: for every so many converted friends of an advocate, or once, a step that is rewarded by itself.

The conversions of a milestone's rule fill one counter an advocate. A step is a subject of its own: owed while the
counter stands at ``k × every`` or above, taken back below, restored above. It keeps the version that it was first
decided by, and counts once for an advocate, whatever the rule's number of friends was when it was reached. While it
takes a friend under review to reach it, it waits as if it was under review itself.
"""

from rewards.rules.terms import FRIENDS, HELD
from rewards.settlement import derived

STEP = "milestone"
# What the hold of a step counts from: the order that reached it.
_HOLD = ("placed_at", "shipped_at", "delivered_at", "digital")


def steps(found, rule_book, used):
    """The Cases of the steps that these decided Cases reached, left or came back to, locked and with their questions.

    ``used``: the counters after the cases, which the caller has locked.
    """
    paths = [path for path in _paths(found, rule_book, used) if path.passed]
    known = derived.known([path.key(k) for path in paths for k in path.passed]) if paths else {}
    turned = [
        case
        for path in paths
        for k in path.passed
        if (case := known.get(path.key(k))) and _turned(case, path, rule_book)
    ]
    return turned + _new(paths, known)


class _Path:
    """How an advocate's counter of one rule went through a settling, move by move, to its ``end``."""

    def __init__(self, rule_book, rule, advocate, end, held):
        self.rule, self.advocate, self.end, self.moves = rule, advocate, end, []
        self.clear = end - held  # the friends that no review may take away
        self._every = [terms for terms in rule_book.terms_of_rule(rule) if terms.milestone_every]
        self._rule_id = rule_book.by_version[self._every[0].version].rule.public_id

    def finish(self):
        """Once it knows all moves."""
        self.stations, was_clear = [self.end], self.clear
        for change, held, *_ in reversed(self.moves):
            self.stations.insert(0, self.stations[0] - change)
            was_clear -= change - held
        spans = [(min(self.stations), max(self.stations)), sorted((was_clear, self.clear))]
        # Whichever version a step was reached by.
        self.passed = sorted({k for terms in self._every for span in spans for k in terms.crossed(*span)})
        return self

    def review(self, threshold):
        return "clear" if self.clear >= threshold else "held"

    def key(self, k):
        return derived.public_id(self._rule_id, self.advocate, k)

    def reached(self):
        """``{k: (case, terms)}``: the steps at or below its end that it climbed, and what brought it there."""
        climbed = {}
        for low, high, (*_, case, terms) in zip(self.stations, self.stations[1:], self.moves, strict=False):
            climbed |= dict.fromkeys(terms.crossed(low, high), (case, terms))
        return {k: (case, terms) for k, (case, terms) in climbed.items() if k * terms.milestone_every <= self.end}


def _paths(found, rule_book, used):
    """A _Path for each advocate and rule whose counters moved."""
    paths = {}
    for case in found:
        for verdict in case.verdicts:
            if not verdict.terms.milestone_every:
                continue
            rule, advocate = verdict.terms.rule, case.question.who["advocate"]
            change, held = (_change(case, verdict, (cap, advocate, "all")) for cap in (FRIENDS, HELD))
            if change or held:
                if (rule, advocate) not in paths:
                    ends = (used.get((rule, cap, advocate, "all"), 0) for cap in (FRIENDS, HELD))
                    paths[rule, advocate] = _Path(rule_book, rule, advocate, *ends)
                paths[rule, advocate].moves.append((change, held, case, verdict.terms))
    return [path.finish() for path in paths.values()]


def _change(case, verdict, key):
    before = (case.question.before or {}).get(verdict.terms.rule)
    return verdict.uses.get(key, 0) - (before.uses.get(key, 0) if before else 0)


def _turned(case, path, rule_book):
    """Its Case, asked, where the step is owed now and was not, or the other way round, or waits no longer."""
    threshold = case.facts["threshold"]
    stands = path.end >= threshold
    # One that fell has nothing that could wait.
    now = {"stands": stands, "advocate_review": path.review(threshold) if stands else "clear"}
    if now.items() <= case.facts.items():
        return None
    facts = case.facts | {"friends": path.end} | now
    terms = rule_book.terms(case.earlier[path.rule]["version"], case.subject.occurred_at)
    return derived.ask(case, terms.stepped(), facts)


def _new(paths, known):
    wanted = {
        path.key(k): (path, k, like, terms)
        for path in paths
        for k, (like, terms) in path.reached().items()
        if path.key(k) not in known
    }
    rows = [derived.row(trigger=STEP, key=key, like=like) for key, (_, _, like, _) in wanted.items()]
    return [_asked(case, *wanted[case.subject.public_id]) for case in derived.made(rows)]


def _asked(case, path, k, like, terms):
    facts = {
        "friends": path.end,
        "step": k,
        "threshold": k * terms.milestone_every,
        "stands": True,
        "advocate_review": path.review(k * terms.milestone_every),
        "program_status": like.first_facts["program_status"],
        "advocate_status": like.first_facts["advocate_status"],
    } | {name: like.first_facts[name] for name in _HOLD if name in like.first_facts}
    return derived.ask(case, terms.stepped(), facts)
