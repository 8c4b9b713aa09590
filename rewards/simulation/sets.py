"""Two sets of rules side by side: today's, and the same with a draft. Pure."""

from rewards.rules import periods, quick
from rewards.simulation.following import Milestone, TopUps, is_read_as_a_whole

# What a draft of a new rule has for an id: it is the youngest.
NEW = 2**62
_LONGEST = periods.PERIODS


class Sets:
    """The rules of one trigger. ``shared`` are not touched by the draft: they are asked once for both.

    Caps are a rule's own, and rules compete only in their group: a draft touches the rule that it replaces and those
    in a group with either of them, no other.
    """

    def __init__(self, *, today, draft, replaced):
        """``today``: Terms; ``draft``: the Terms, if any, that take the place of those of the rule ``replaced``."""
        drafts = [draft] if draft else []
        groups = {each.exclusive_group for each in drafts + [each for each in today if each.rule == replaced]} - {""}
        touched = [each for each in today if each.rule == replaced or each.exclusive_group in groups]
        kept = [each for each in touched if each.rule != replaced]
        self.shared = _quicks(each for each in today if each not in touched)
        self.today = _quicks(touched)
        self.draft = _quicks(sorted(kept + drafts, key=lambda each: each.rule))
        self._three = (self.shared, self.today, self.draft)
        self._all = [*self.shared, *self.today, *self.draft]
        self._milestones = {each: Milestone(each) for each in self._all if each.terms.milestone_every}
        self.top_ups = {each: TopUps(each) for each in self._all if is_read_as_a_whole(each.terms)}

    @property
    def terms(self):
        """Of all that is counted."""
        return [each.terms for each in self._counting()]

    def ask(self, asked, *, day):
        """The answers of ``(shared, today, draft)``; ``day`` is empty for what came before the time asked about."""
        if reason := asked.closed():
            return [[reason] * len(quicks) for quicks in self._three]
        answers = [quick.answers(quicks, asked) if quicks else () for quicks in self._three]
        if self._milestones or self.top_ups:
            return [[more for answer in each for more in self._followed(asked, answer, day)] for each in answers]
        return answers

    def _followed(self, asked, answer, day):
        if type(answer) is not quick.Given:
            return (answer,)
        if answer.quick in self.top_ups:
            self.top_ups[answer.quick].note(asked, answer, day)
        if answer.quick in self._milestones:
            return (answer, *self._milestones[answer.quick].reached(asked, answer))
        return (answer,)

    def _counting(self):
        return [*self._all, *(milestone.quick for milestone in self._milestones.values())]

    def state(self):
        """What is counted so far, as JSON."""
        counting = [[list(used.items()) for used in each.used] for each in self._counting()]
        return [counting, [list(each.sums.items()) for each in self.top_ups.values()]]

    def go_on(self, state):
        counting, sums = state
        for each, stored in zip(self._counting(), counting, strict=True):
            each.used = [_keyed(pairs) for pairs in stored]
        for each, pairs in zip(self.top_ups.values(), sums, strict=True):
            each.sums = _keyed(pairs)


def _quicks(book):
    return [quick.Quick(terms) for terms in book]


def _keyed(pairs):
    return {_key(key): value for key, value in pairs}


def _key(key):
    """JSON has lists where the keys of meters are tuples."""
    return tuple([_key(part) for part in key]) if isinstance(key, list) else key


def looks_back(book):
    """``{scope: period}``: whose counters may have begun earlier, and the longest period of each."""
    found = {}
    for meter in (meter for terms in book for meter in terms.meters):
        known = found.get(meter.scope)
        if known is None or _LONGEST.index(meter.period) > _LONGEST.index(known):
            found[meter.scope] = meter.period
    return found
