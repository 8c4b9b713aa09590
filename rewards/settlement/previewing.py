"""What a corrected rule version would have granted instead, page by page. Changes nothing and locks nothing."""

from collections import Counter as Sum
from functools import cache

from rewards import book, verdicts
from rewards.models import CorrectionPolicy, Counter, Subject
from rewards.rules.terms import ADVOCATE
from rewards.settlement import cases, closing, correcting, decided, grants, previewed, previewed_top_ups, tiers
from rewards.settlement.settle import answer, counters_of

BIGGEST = 10
# Of periods.
PAGE = 100
_TOP_UPS = "top_ups"


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
        if _TOP_UPS in self.cursor:
            return self._top_up(rule_book)
        cursor, pks = decided.page(self.correction, self.cursor)
        self.cursor = {_TOP_UPS: 0} if cursor is None else cursor
        if pks:
            self._ask(pks, rule_book)
        return None

    def _ask(self, pks, rule_book):
        rows = Subject.objects.select_related("program", "advocate").in_bulk(pks)
        program = self.correction.rule_version.rule.program_id
        found = correcting.concerned(
            [rows[pk] for pk in pks],
            self.correction,
            lambda at: self._compiled(rule_book.reckoned.at(program, at)),
        )
        steps = self.correction.rule_version.milestone_every
        if not steps:
            cases.read(found, rule_book, for_good=False)
        self._answer(found)
        if not steps:
            self._note(found, rule_book)
        self.looked_at += len(pks)
        self.decided += len(found)
        for case in found:
            self._add(case)
        del self.biggest[BIGGEST:]

    def _answer(self, found):
        used = self._used(counters_of(found))
        before = dict(used)
        answer(found, used)
        for place, number in used.items():
            self.moved[place] += number - before.get(place, 0)

    def _used(self, places):
        """The counters as the pages before would have left them."""
        self._recall(places)
        return {place: number + self.moved[place] for place, number in _used(places).items()}

    def _recall(self, places):
        """What the pages before left of these, where a job keeps it in rows."""
        if self.correction.pk:
            self.moved.update(previewed.uses(self.correction, places - self.moved.keys()))

    def _note(self, found, rule_book):
        """What their periods' top-ups will be worked out from, once all pages are asked."""
        more = previewed_top_ups.noted(found, rule_book)
        self._recall(more.keys())
        for place, number in more.items():
            self.moved[place] += number
        self.moved.update(dict.fromkeys(previewed_top_ups.marked(found) - self.moved.keys(), 1))

    def _top_up(self, rule_book):
        """Some of the periods that were topped up already."""
        first = self.cursor[_TOP_UPS]
        places = previewed_top_ups.touched(self.correction, self.moved)
        for place in places[first : first + PAGE]:
            counter, case = previewed_top_ups.case_of(place, rule_book, self.correction.proposed_at)
            if case and self._ask_top_up(place, counter, case, rule_book):
                self._answer([case])
                self._add_top_up(case)
        self.cursor = {_TOP_UPS: first + PAGE} if first + PAGE < len(places) else None

    def _ask_top_up(self, place, counter, case, rule_book):
        moment = case.subject.occurred_at
        corrected = self._compiled(rule_book.reckoned.at(case.subject.program_id, moment))

        def terms_at(version):
            return rule_book.terms(version, moment) if version else corrected

        mine = set(closing.places(case, counter))
        position = sum(self._used(mine).values())
        more = previewed_top_ups.otherwise(self.correction, place, self.moved, position, terms_at)
        short = tiers.missing(case.subject, counter, position, rule_book, otherwise=more)
        return closing.asked(case, counter, position, short, terms_at)

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

    def _add_top_up(self, case):
        """Nothing of it is waived: it is worked out again like after any change."""
        (verdict,) = case.verdicts
        was = case.earlier.get(verdict.terms.rule, {"owed": {}})["owed"].get(ADVOCATE, 0)
        now = verdict.owed.get(ADVOCATE, 0)
        if was != now:
            self._change(case.subject, ADVOCATE, verdict.units[ADVOCATE], was, now)

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
