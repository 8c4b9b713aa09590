"""Milestones of a person who advocates by several records, merged: all of their friends count for one row of steps.

Each record keeps its own counter and its own steps. Step n of the person, in the order in which they were made, is owed
while the counters together stand at its threshold, the sum of what the first n ask for. A new one is the record's whose
friend reached it, and also keeps what threshold it has among that record's own, for the time when they are parted.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from rewards.models import Decision, RuleVersion
from rewards.rules.terms import FRIENDS, HELD
from rewards.settlement import derived
from rewards.settlement.derived import STEP


def own_threshold(case):
    """Of how many friends of its own record it is the step."""
    return case.first_facts.get("own", case.first_facts["threshold"])


@dataclass(slots=True)
class Group:
    """The records ``names`` of a person under one rule, with their steps; ``moves``: (change, case, terms)."""

    rule: int
    names: tuple
    end: int = 0
    held: int = 0
    moves: list = field(default_factory=list)
    steps: list = field(default_factory=list)  # their Cases, in the order in which they were made
    thresholds: list = field(default_factory=list)
    placed: list = field(default_factory=list)  # (name, k, threshold) of each among those of its own record

    def counters(self):
        return {(self.rule, cap, name, "all") for cap in (FRIENDS, HELD) for name in self.names}

    def stand(self, used):
        """``used``: the counters now, which the caller has locked."""
        self.end, self.held = (
            sum(used.get((self.rule, cap, name, "all"), 0) for name in self.names) for cap in (FRIENDS, HELD)
        )

    def read(self, known, rule_book):
        """``known``: the steps' Cases, locked."""
        self.steps, total = sorted(known, key=lambda case: case.subject.pk), 0
        for case in self.steps:
            total += _terms(case, rule_book).milestone_every
            own = own_threshold(case)
            self.thresholds.append(total if len(self.names) > 1 else own)
            self.placed.append((case.who["advocate"], case.facts["step"], own))

    def facts(self, threshold, name):
        """What the person's count says of the step with this threshold, of this record."""
        stands = self.end >= threshold
        others = {"advocate": [str(other) for other in self.names if other != name]}
        return {
            "friends": self.end,
            "threshold": threshold,
            "stands": stands,
            "advocate_review": "held" if stands and self.end - self.held < threshold else "clear",
            "with": others if others["advocate"] else None,
        }

    def new(self):
        """``[(case, terms, threshold)]`` of the steps that these moves came to and stayed at."""
        reached, count = [], self.end - sum(change for change, *_ in self.moves)
        last = self.thresholds[-1] if self.thresholds else 0
        for change, case, terms in self.moves:
            count += change
            reached = [each for each in reached if each[2] <= count]
            while change > 0 and self._comes_again(terms, reached):
                threshold = max([last, *(each[2] for each in reached)]) + terms.milestone_every
                if threshold > count:
                    break
                reached.append((case, terms, threshold))
        return reached

    def climbed(self, threshold):
        """The Case that these moves came to it with, and stayed; None where they did not."""
        count, by = self.end - sum(change for change, *_ in self.moves), None
        for change, case, _ in self.moves:
            before, count = count, count + change
            by = case if before < threshold <= count else by if count >= threshold else None
        return by

    def place(self, name, terms):
        """``(k, threshold)`` of a further step among those of this record; it counts from then on."""
        mine = [place for known, *place in self.placed if known == name]
        k, own = (max(column) for column in zip((0, 0), *mine, strict=True))
        self.placed.append((name, k + 1, own + terms.milestone_every))
        return k + 1, own + terms.milestone_every

    def _comes_again(self, terms, reached):
        return terms.milestone_repeats or not (self.steps or reached)


def _terms(case, rule_book):
    (said,) = case.earlier.values()
    return rule_book.terms(said["version"], case.subject.occurred_at)


def ids_of(groups):
    """``{(rule, names): [public ids]}`` of all steps that these (keys) ever had."""
    names = {name for _, group in groups for name in group}
    rows = Decision.objects.filter(number=1, subject__trigger=STEP, subject__advocate__public_id__in=names)
    said = rows.values_list("subject__public_id", "verdicts__0__rule", "subject__advocate__public_id")
    places = {(rule, name): (rule, group) for rule, group in groups for name in group}
    found = defaultdict(list)
    for public_id, rule, name in said if names else ():
        if key := places.get((rule, name)):
            found[key].append(public_id)
    return found


def read(groups, used, rule_book):
    """Give these Groups, by (rule, names), their counts and their steps, which this locks."""
    wanted = ids_of(groups)
    known = derived.known([each for ids in wanted.values() for each in ids]) if wanted else {}
    for key, group in groups.items():
        group.stand(used)
        group.read([known[each] for each in wanted.get(key, ())], rule_book)


def turned(group, rule_book, hold=lambda case, facts: {}):
    """The Cases, asked, of its steps that are not as they were decided last. ``hold(case, facts)``: further facts."""
    for case, threshold in zip(group.steps, group.thresholds, strict=True):
        facts = group.facts(threshold, case.who["advocate"])
        facts |= hold(case, facts)
        if any(case.facts.get(name) != value for name, value in facts.items() if name != "friends"):
            changed = case.facts | facts
            if not changed["with"]:
                del changed["with"]
            yield derived.ask(case, _terms(case, rule_book).stepped(), changed)


def thresholds(*, advocates, rules):
    """``{rule: [thresholds]}`` of the steps that a person with these records was ever at, all friends counted."""
    rows = Decision.objects.filter(number=1, subject__trigger=STEP, subject__advocate__public_id__in=advocates)
    said = list(rows.order_by("subject").values_list("verdicts__0__rule", "verdicts__0__version"))
    every = dict(RuleVersion.objects.filter(rule__in=rules).values_list("pk", "milestone_every"))
    found = defaultdict(list)
    for rule, version in said:
        if rule in rules:
            found[rule].append(sum(found[rule][-1:]) + every[version])
    return found


def names_of(case):
    """All names of a Case’s advocate."""
    return tuple(sorted({case.who["advocate"], *case.others.get("advocate", ())}))
