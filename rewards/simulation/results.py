"""What came out, as JSON: by unit, with what was really paid beside it. It holds ids, never names."""

from django.db.models import Count, F, Q, Sum

from advocacy import ids
from advocacy.models import Advocate, Event
from rewards.models import Reward
from rewards.simulation.tally import MOST_ADVOCATES, by_segment

_PLACES = ("pending", "available", "reserved", "spent", "paid", "expired")


def of(run):
    """The result of a Run that is over."""
    plan = run.plan
    _add_top_ups(run)
    paid = _paid(plan)
    sheets = run.tally.sheets
    names = _Names(sheets.values())
    return {
        "program": ids.encode("prg", plan.program.public_id),
        "from": plan.start.isoformat(),
        "until": plan.until.isoformat(),
        "time_zone": plan.program.time_zone,
        "subjects": run.tally.subjects,
        "units": [
            _unit(unit, run.tally.sheet(unit), paid.get(unit, (0, 0)), names)
            for unit in sorted({*sheets, *paid}, key=lambda unit: (unit != plan.program.currency, unit))
        ],
    }


def _add_top_ups(run):
    for sets in run.sets.values():
        found = {}
        for quick, top_up in sets.top_ups.items():
            both = quick in sets.shared
            for advocate, day, amount in top_up.owed():
                place = found.setdefault((top_up.benefit.unit, advocate, quick.terms.rule, day), [0, 0])
                place[0] += amount if both or quick in sets.today else 0
                place[1] += amount if both or quick in sets.draft else 0
        for (unit, advocate, _, day), (today, draft) in found.items():
            run.tally.top_up(unit=unit, day=day, advocate=advocate, today=today, draft=draft)


def _paid(plan):
    """``{unit: (amount, rewards)}`` that the ledger holds for what occurred in the time asked about."""
    of_rules = Reward.objects.filter(program=plan.program, rule__isnull=False)
    mine = of_rules.filter(subject__occurred_at__gte=plan.start, subject__occurred_at__lt=plan.until)
    owed = sum((F(f"{place}_minor") for place in _PLACES[1:]), F("pending_minor"))
    rows = mine.annotate(owed=owed).values("unit").annotate(amount=Sum("owed"), number=Count("id", filter=~Q(owed=0)))
    return {row["unit"]: (int(row["amount"]), row["number"]) for row in rows.order_by("unit")}


def _unit(unit, sheet, paid, names):
    today, draft = sheet.amounts
    return {
        "unit": unit,
        "today": {"amount_minor": today, "rewards": sheet.rewards[0]},
        "draft": {"amount_minor": draft, "rewards": sheet.rewards[1]},
        "difference_minor": draft - today,
        "added": _changed(sheet.added),
        "removed": _changed(sheet.removed),
        "changed": _changed(sheet.changed),
        "really": {"amount_minor": paid[0], "rewards": paid[1], "simulated_less_really_minor": today - paid[0]},
        "days": [_both(pair, day=day) for day, pair in sorted(sheet.days.items())],
        "segments": [_both(pair, segment=name) for name, pair in sorted(by_segment(sheet).items(), key=_by_change)],
        "advocates": [
            _both(pair, advocate=names.advocate(number))
            for number, pair in sorted(sheet.advocates.items(), key=_by_change)[:MOST_ADVOCATES]
        ],
        "advocates_in_all": len(sheet.advocates),
        "biggest": [_change(each, names) for each in sorted(sheet.biggest, reverse=True)],
    }


def _changed(pair):
    return {"rewards": pair[0], "amount_minor": pair[1]}


def _both(pair, **named):
    return named | {"today_minor": pair[0], "draft_minor": pair[1], "difference_minor": pair[1] - pair[0]}


def _by_change(item):
    key, (today, draft) = item
    return -abs(draft - today), -draft, key


def _change(kept, names):
    _, event, advocate, before, after, why_before, why_after = kept
    return {
        "subject": names.subject(-event),
        "advocate": names.advocate(advocate),
        "before_minor": before,
        "after_minor": after,
        "reason_before": why_before,
        "reason_after": why_after,
    }


class _Names:
    """The public ids of what some sheets show, read at once."""

    def __init__(self, sheets):
        advocates, events = set(), set()
        for sheet in sheets:
            advocates |= {key for key, _ in sorted(sheet.advocates.items(), key=_by_change)[:MOST_ADVOCATES]}
            events |= {-each[1] for each in sheet.biggest}
            advocates |= {each[2] for each in sheet.biggest}
        self._advocates = dict(Advocate.objects.filter(pk__in=advocates - {None}).values_list("pk", "public_id"))
        rows = Event.objects.filter(pk__in=events).values_list("pk", "subject_kind", "subject_id")
        self._subjects = {pk: ids.encode(ids.PREFIXES[kind], public_id) for pk, kind, public_id in rows}

    def advocate(self, number):
        return ids.encode("adv", self._advocates[number]) if number in self._advocates else None

    def subject(self, event):
        return self._subjects[event]
