"""Tell once, for each period of a budget, that it is nearly used up, and that it is."""

from dataclasses import dataclass

from django.db.models import F, Q

from advocacy import money
from advocacy.outbox.record import Draft, record
from rewards import events
from rewards.models import Counter, Rule, RuleStatus
from rewards.rules import periods
from rewards.rules.terms import AMOUNT

# Of the limit.
NEARLY = 0.8


def warn(found, *, at):
    """Record ``rule.budget_low`` and ``rule.budget_exhausted`` for what these decided Cases used. Counters are locked.

    Told again for the same period only when the limit was changed.
    """
    used = {}
    for case in found:
        for verdict in case.verdicts:
            for meter, key, others in verdict.meters:
                if meter.limit is not None and meter.measure == AMOUNT and meter.scope == "program":
                    # The last verdict saw the uses of those before it.
                    used[verdict.terms.rule, *key] = meter.limit, others + verdict.uses.get(key, 0)
    low = {place: said for place, said in used.items() if said[1] >= said[0] * NEARLY}
    if low:
        _tell(low, "warned_limit", events.RULE_BUDGET_LOW, at)
    gone = {place: said for place, said in low.items() if said[1] >= said[0]}
    if gone:
        _tell(gone, "exhausted_limit", events.RULE_BUDGET_EXHAUSTED, at)


@dataclass(frozen=True)
class Low:
    """A budget of now that is nearly or wholly used up, in minor units of its rule's program."""

    rule: Rule
    period: str
    limit_minor: int
    used_minor: int

    @property
    def exhausted(self):
        return self.used_minor >= self.limit_minor

    @property
    def said(self):
        """Such as “82.00 of 100.00 EUR”."""
        unit = self.rule.program.currency
        return f"{money.plain(self.used_minor, unit).split()[0]} of {money.plain(self.limit_minor, unit)}"


def running_out(*, at, limit=5):
    """The Low budgets of active rules in the periods that go on, the fullest first."""
    rows = Counter.objects.filter(warned_limit__isnull=False, rule__status=RuleStatus.ACTIVE)
    low = [
        Low(row.rule, row.period, row.warned_limit, row.used)
        for row in rows.select_related("rule__program")
        if row.used >= row.warned_limit * NEARLY and _goes_on(row, at)
    ]
    return sorted(low, key=lambda one: one.limit_minor - one.used_minor)[:limit]


def _goes_on(row, at):
    zone = row.rule.program.time_zone
    return row.period in {periods.key(period, at, zone) for period in periods.PERIODS}


def _tell(places, column, type, at):
    drafts = []
    for (rule, cap, key, period), (limit, used) in sorted(places.items(), key=lambda each: each[0]):
        row = Counter.objects.filter(rule=rule, cap=cap, key=key, period=period)
        if row.filter(~Q(**{column: limit}) | Q(**{f"{column}__isnull": True})).update(**{column: limit}):
            facts = {"limit_minor": limit, "used_minor": used, "period": period}
            drafts.append(_draft(type, _rule(rule), facts, at))
    if drafts:
        record(drafts, at=at)


def _rule(pk):
    """With its next version taken; locked by that until the transaction ends."""
    Rule.objects.filter(pk=pk).update(version=F("version") + 1)
    return Rule.objects.select_related("program").get(pk=pk)


def _draft(type, rule, facts, at):
    return Draft(
        type=type,
        subject=rule,
        storefront=rule.program.storefront_id,
        program=rule.program_id,
        facts={"rule": str(rule.public_id), "currency": rule.program.currency} | facts,
        occurred_at=at,
    )
