"""Tell once, for each period of a budget, that it is nearly used up, and that it is."""

from dataclasses import dataclass

from django.db.models import F, Q

from advocacy import reading
from advocacy.outbox.record import Draft, record
from rewards import events, promises
from rewards.models import Counter, Rule, RuleStatus, RuleVersion
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
    """A limit of what all get together that is nearly or wholly used up in the period that goes on.

    ``used`` and ``limit``: minor units of ``unit``, or rewards where that is empty.
    """

    rule: Rule
    period: str
    unit: str
    limit: int
    used: int

    @property
    def exhausted(self):
        return self.used >= self.limit

    @property
    def percent(self):
        return 100 * self.used // self.limit

    @property
    def said(self):
        """Such as “82.00 of 100.00 EUR this month”."""
        when = "" if self.period == periods.ALL else " today" if self.period == "day" else f" this {self.period}"
        if not self.unit:
            return f"{self.used} of {self.limit} rewards{when}"
        return f"{reading.plain(self.used, self.unit).split()[0]} of {reading.plain(self.limit, self.unit)}{when}"


def running_out(*, at, limit=5, **only):
    """The Low limits of the rules in force, the fullest first; two queries. ``only``: ``rule`` or ``rule__program``."""
    found = list(_limits_in_force(at, only))
    rows = Counter.objects.filter(
        rule__in={version.rule_id for version, _ in found},
        key__in={version.rule.program.public_id for version, _ in found},
        # Those of earlier days and months are not asked for: there is one more every day.
        period__in={periods.key(meter.period, at, version.rule.program.time_zone) for version, meter in found},
    )
    used = {(row.rule_id, row.cap, row.key, row.period): row.used for row in rows} if found else {}
    low = []
    for version, meter in found:
        program = version.rule.program
        now = periods.key(meter.period, at, program.time_zone)
        taken = used.get((version.rule_id, meter.cap, program.public_id, now), 0)
        if taken >= meter.limit * NEARLY:
            unit = promises.unit_of(version, meter) if meter.measure == AMOUNT else ""
            low.append(Low(version.rule, meter.period, unit, meter.limit, taken))
    return sorted(low, key=lambda one: -one.used / one.limit)[:limit]


def _limits_in_force(at, only):
    begun = RuleVersion.objects.filter(rule__status=RuleStatus.ACTIVE, starts_at__lte=at, **only).exclude(caps=[])
    for version in begun.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at)).select_related("rule__program"):
        for meter in promises.limits_of_all(version):
            yield version, meter


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
