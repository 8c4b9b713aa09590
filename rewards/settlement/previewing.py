"""What a corrected rule version would have granted instead, page by page. Changes nothing and locks nothing."""

from collections import Counter as Sum
from functools import cache

from rewards import book, verdicts
from rewards.models import CorrectionPolicy, Counter, Subject
from rewards.settlement import cases, correcting, decided, grants, previewed
from rewards.settlement.settle import answer, counters_of

BIGGEST = 10


class Preview:
    """A difference that is being worked out; ``told()`` has the shape of ``Correction.difference``.

    ``moved``: by how much counters would stand elsewhere than they do, because of the pages before. A job keeps it in
    rows, because there may be one of each friend; see ``kept``.
    """

    def __init__(self, correction, corrected):
        """``corrected``: the version, which need not be saved."""
        self.correction = correction
        self._compiled = cache(lambda reckoned: book.terms_of(corrected, reckoned))
        self.cursor, self.looked_at, self.decided, self.rewards = {}, 0, 0, 0
        self.units, self.amounts, self.biggest, self.moved = Sum(), Sum(), [], Sum()
        self.waived, self.waived_rewards = Sum(), 0

    @property
    def over(self):
        return self.cursor is None

    def step(self, rule_book):
        """Ask of the next page; ``rule_book``: the storefront's."""
        self.cursor, pks = decided.page(self.correction, self.cursor)
        if not pks:
            return
        rows = Subject.objects.select_related("program", "advocate").in_bulk(pks)
        program = self.correction.rule_version.rule.program_id
        found = correcting.concerned(
            [rows[pk] for pk in pks],
            self.correction,
            lambda at: self._compiled(rule_book.reckoned.at(program, at)),
        )
        if not self.correction.rule_version.milestone_every:
            cases.read(found, rule_book, for_good=False)
        self._answer(found)
        self.looked_at += len(pks)
        self.decided += len(found)
        for case in found:
            self._add(case)
        del self.biggest[BIGGEST:]

    def _answer(self, found):
        places = counters_of(found)
        if self.correction.pk:
            self.moved.update(previewed.uses(self.correction, places - self.moved.keys()))
        stands = _used(places)
        used = {place: number + self.moved[place] for place, number in stands.items()}
        answer(found, used)
        for place, number in used.items():
            self.moved[place] = number - stands.get(place, 0)

    def _add(self, case):
        """Of its rule, and of those that compete with it."""
        case.waives = self.correction.policy == CorrectionPolicy.WAIVE
        if case.waives:
            self._waive(case)
        for verdict in case.verdicts:
            before = case.earlier.get(verdict.terms.rule)
            for side in dict.fromkeys((*before["owed"], *verdict.owed)) if before else ():
                was, now = before["owed"].get(side, 0), verdict.owed.get(side, 0)
                if was != now:
                    self._change(case.subject, side, verdicts.unit(before, side), was, now)

    def _waive(self, case):
        """As ``grants`` does when it is approved."""
        raised = grants.raised_by(case)
        for verdict in case.verdicts:
            for side in verdict.owed:
                reward = case.rewards.get((verdict.terms.rule, side))
                if reward is None or (case.instead is not None and verdict.terms.rule not in case.anew):
                    continue
                _, more = grants.waived(case, verdict, reward, raised)
                if more:
                    self.waived[reward.unit] += more
                    self.waived_rewards += 1

    def _change(self, subject, side, unit, was, now):
        self.rewards += 1
        self.units[unit] += now - was
        self.amounts[unit] += abs(now - was)
        told = {"kind": subject.kind, "subject": str(subject.public_id), "side": side, "unit": unit}
        self.biggest.append(told | {"before": was, "after": now})
        self.biggest.sort(key=lambda each: -abs(each["after"] - each["before"]))

    def told(self):
        counts = {"subjects": self.looked_at, "decisions": self.decided, "rewards": self.rewards}
        waived = {"waived": dict(self.waived), "waived_rewards": self.waived_rewards}
        return counts | {"units": dict(self.units), "moved": dict(self.amounts), "biggest": self.biggest} | waived

    def kept(self):
        """What ``go_on`` of another goes on from, as JSON."""
        previewed.keep(self.correction, self.moved)
        return {"told": self.told(), "cursor": self.cursor}

    def go_on(self, kept):
        self.cursor, told = kept["cursor"], kept["told"]
        self.looked_at, self.decided, self.rewards = told["subjects"], told["decisions"], told["rewards"]
        self.units, self.amounts, self.biggest = Sum(told["units"]), Sum(told["moved"]), told["biggest"]
        self.waived, self.waived_rewards = Sum(told.get("waived", {})), told.get("waived_rewards", 0)


def whole(correction, corrected):
    """The difference, all in one; nothing is kept."""
    preview, rule_book = Preview(correction, corrected), book.of_storefronts({correction.storefront_id})
    while not preview.over:
        preview.step(rule_book)
    return preview.told()


def _used(places):
    """``{(rule, cap, key, period): n}`` as it is now; what is not counted yet is 0."""
    rows = Counter.objects.filter(rule__in={rule for rule, *_ in places}, key__in={key for _, _, key, _ in places})
    known = {(row.rule_id, row.cap, row.key, row.period): row.used for row in rows}
    return {place: known.get(place, 0) for place in places}
