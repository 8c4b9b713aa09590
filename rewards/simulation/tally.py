"""What two sets of rules come to, added up subject by subject. Pure; all amounts are minor units of their unit."""

import heapq
import json

from rewards.rules.quick import Given

MOST_CHANGES = 10
MOST_ADVOCATES = 10
_NOBODY = 0


class Sheet:
    """The sums of one unit; each pair is (today's rules, with the draft)."""

    def __init__(self):
        self.amounts, self.rewards = [0, 0], [0, 0]
        # How many rewards, and what they come to with the draft less what they do today.
        self.added, self.removed, self.changed = [0, 0], [0, 0], [0, 0]
        self.days, self.advocates, self.segments = {}, {}, {}
        self.biggest = []

    def book(self, day, advocate, segments, today, draft):
        for sums, key in ((self.days, day), (self.advocates, advocate or _NOBODY), (self.segments, segments)):
            known = sums.get(key)
            if known is None:
                sums[key] = [today, draft]
            else:
                known[0] += today
                known[1] += draft

    def change(self, kind, before, after):
        known = getattr(self, kind)
        known[0] += 1
        known[1] += after - before

    def state(self):
        sums = [list(each.items()) for each in (self.days, self.advocates, self.segments)]
        return [self.amounts, self.rewards, self.added, self.removed, self.changed, *sums, self.biggest]

    @classmethod
    def of(cls, state):
        made = cls()
        made.amounts, made.rewards, made.added, made.removed, made.changed, *sums, biggest = state
        made.days, made.advocates, made.segments = (dict(map(tuple, pairs)) for pairs in sums)
        made.biggest = [tuple(each) for each in biggest]
        return made


class Tally:
    def __init__(self):
        self.sheets, self.subjects = {}, 0

    def add(self, row, shared, today, draft):
        """One subject's answers. ``row``: its ``event`` (id), ``day``, ``advocate``, ``segments``."""
        self.subjects += 1
        sums = {}
        for answer in shared:
            if type(answer) is Given:
                self._same(answer, sums)
        if today or draft:
            self._compare(row, _owed(today), _owed(draft), sums)
        for unit, (before, after) in sums.items():
            sheet = self.sheet(unit)
            sheet.book(row.day, row.advocate, row.segments, before, after)
            if before != after:
                self._remember(sheet, row, before, after, _why(today), _why(draft))

    def top_up(self, *, unit, day, advocate, today, draft):
        """What a period's end adds, for both sets."""
        sheet = self.sheet(unit)
        sheet.amounts[0] += today
        sheet.amounts[1] += draft
        sheet.rewards[0] += bool(today)
        sheet.rewards[1] += bool(draft)
        sheet.book(day, advocate, "[]", today, draft)
        if today != draft:
            sheet.change("added" if not today else "removed" if not draft else "changed", today, draft)

    def sheet(self, unit):
        found = self.sheets.get(unit)
        if found is None:
            found = self.sheets[unit] = Sheet()
        return found

    def _same(self, given, sums):
        for side, amount in given.owed.items():
            if amount:
                unit = given.benefits[side].unit
                sheet = self.sheet(unit)
                for place in (0, 1):
                    sheet.amounts[place] += amount
                    sheet.rewards[place] += 1
                known = sums.get(unit, (0, 0))
                sums[unit] = known[0] + amount, known[1] + amount

    def _compare(self, row, today, draft, sums):
        for key in today if today.keys() == draft.keys() else {**today, **draft}:
            before, after, unit = today.get(key, 0), draft.get(key, 0), key[-1]
            sheet = self.sheet(unit)
            sheet.amounts[0] += before
            sheet.amounts[1] += after
            sheet.rewards[0] += bool(before)
            sheet.rewards[1] += bool(after)
            if before != after:
                sheet.change("added" if not before else "removed" if not after else "changed", before, after)
            known = sums.get(unit, (0, 0))
            sums[unit] = known[0] + before, known[1] + after

    @staticmethod
    def _remember(sheet, row, before, after, *why):
        size = abs(after - before)
        if len(sheet.biggest) < MOST_CHANGES:
            heapq.heappush(sheet.biggest, (size, -row.event, row.advocate, before, after, *why))
        elif size > sheet.biggest[0][0]:
            heapq.heapreplace(sheet.biggest, (size, -row.event, row.advocate, before, after, *why))

    def state(self):
        return [self.subjects, [[unit, sheet.state()] for unit, sheet in self.sheets.items()]]

    @classmethod
    def of(cls, state):
        made = cls()
        made.subjects, sheets = state
        made.sheets = {unit: Sheet.of(each) for unit, each in sheets}
        return made


def _owed(answers):
    """``{(rule, side, unit): amount}`` of what is owed; a rule's steps add up."""
    found = {}
    for answer in answers:
        if type(answer) is Given:
            rule = answer.quick.terms.rule
            for side, amount in answer.owed.items():
                if amount:
                    key = rule, side, answer.benefits[side].unit
                    found[key] = found.get(key, 0) + amount
    return found


def _why(answers):
    """The first key of a reason why something is less than it could be; empty where nothing is."""
    for answer in answers:
        if type(answer) is not Given:
            return answer
        if answer.refused or answer.hits:
            return answer.refused or next(iter(answer.hits.values()))
    return ""


def by_segment(sheet):
    """``{segment: [today, draft]}``; who is in several counts in each, who is in none under an empty name."""
    found = {}
    for said, (today, draft) in sheet.segments.items():
        for segment in json.loads(said or "[]") or [""]:
            known = found.setdefault(segment, [0, 0])
            known[0] += today
            known[1] += draft
    return found
