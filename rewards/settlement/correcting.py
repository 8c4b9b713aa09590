"""Make decisions anew with a corrected rule version: as a question that changes nothing, or for good."""

from collections import Counter as Sum
from functools import cache

from django.db.models import Min, prefetch_related_objects

from rewards import book, locks, verdicts
from rewards.models import CorrectionPolicy, Counter, Decision, Subject
from rewards.settlement import cases, derived, milestones
from rewards.settlement.settle import again, answer, conclude, counters_of

BATCH = 200
BIGGEST = 10


def subjects(correction, *, after=0):
    """Those of the period in the order of their first decisions, ``(first decision, id)``; ``after`` one of these."""
    version = correction.rule_version
    trigger = milestones.STEP if version.milestone_every else version.trigger
    rows = Subject.objects.filter(
        program=version.rule.program_id,
        trigger=trigger,
        occurred_at__gte=correction.starts_at,
        occurred_at__lt=correction.ends_at,
    )
    rows = rows.annotate(first_decision=Min("decisions__pk")).filter(first_decision__gt=after)
    return rows.order_by("first_decision").values_list("first_decision", "pk")


def difference(correction, corrected):
    """What the version ``corrected``, which need not be saved, would have granted instead; see ``Correction``.

    Changes nothing and locks nothing.
    """
    rule_book = book.of_storefronts({correction.storefront_id})
    program, used, changes, decided = correction.rule_version.rule.program_id, {}, [], 0
    compiled = cache(lambda reckoned: book.terms_of(corrected, reckoned))
    pks = [pk for _, pk in subjects(correction)]
    for start in range(0, len(pks), BATCH):
        page = pks[start : start + BATCH]
        rows = Subject.objects.select_related("program", "advocate").in_bulk(page)
        found = _cases([rows[pk] for pk in page], correction, lambda at: compiled(rule_book.reckoned.at(program, at)))
        if not correction.rule_version.milestone_every:
            cases.read(found, rule_book)
        used |= _used(counters_of(found) - set(used))
        answer(found, used)
        decided += len(found)
        changes += [change for case in found for change in _changes(case, corrected.rule_id)]
    return _told(decided, changes)


def settle(correction, *, after, at):
    """Settle the next batch for good, in the caller's transaction.

    Returns ``(its last first decision, how many were decided)``; None and 0 where there are no more.
    """
    page = list(subjects(correction, after=after)[:BATCH])
    if not page:
        return None, 0
    return page[-1][0], settle_these(correction, [pk for _, pk in page], at=at)


def settle_these(correction, pks, *, at):
    """Those of these subjects that it concerns, in the order of their first decisions; returns how many."""
    rule_book = book.of_storefronts({correction.storefront_id})
    locked = {row.pk: row for row in locks.subjects_by_id(ids=pks, wait=True)}
    prefetch_related_objects(list(locked.values()), "program", "advocate")
    found = _cases([locked[pk] for pk in pks], correction, lambda at: rule_book.terms(correction.corrected_id, at))
    for case in found:
        case.correction, case.waives = correction.public_id, correction.policy == CorrectionPolicy.WAIVE
    finish = conclude if correction.rule_version.milestone_every else again
    finish(found=found, rule_book=rule_book, at=at)
    return len(found)


def _cases(rows, correction, terms_at):
    """Those of the rows that the mistaken version decided last, to be decided by the Terms of when they occurred."""
    mistaken = correction.rule_version_id
    last = Decision.objects.filter(subject__in=rows).order_by("subject_id", "-number").distinct("subject_id")
    concerned = {one.subject_id for one in last if any(said["version"] == mistaken for said in one.verdicts)}
    rows = [row for row in rows if row.pk in concerned]
    if correction.rule_version.milestone_every:
        return [
            derived.ask(case, terms_at(case.subject.occurred_at).stepped(), case.facts, again=True)
            for case in derived.read(rows)
        ]
    found = cases.of_subjects(rows)
    for case in found:
        case.instead = terms_at(case.subject.occurred_at)
    return found


def _used(keys):
    """``{(rule, cap, key, period): n}`` as it is now; what is not counted yet is 0."""
    rows = Counter.objects.filter(rule__in={rule for rule, *_ in keys}, key__in={key for _, _, key, _ in keys})
    known = {(row.rule_id, row.cap, row.key, row.period): row.used for row in rows}
    return {key: known.get(key, 0) for key in keys}


def _changes(case, rule):
    """``(unit, before, after, side, subject)`` of each side that gets something else."""
    before = case.earlier[rule]
    verdict = next(verdict for verdict in case.verdicts if verdict.terms.rule == rule)
    for side in dict.fromkeys((*before["owed"], *verdict.owed)):
        was, now = before["owed"].get(side, 0), verdict.owed.get(side, 0)
        if was != now:
            yield verdicts.unit(before, side), was, now, side, case.subject


def _told(decided, changes):
    units, moved = Sum(), Sum()
    for unit, was, now, *_ in changes:
        units[unit] += now - was
        moved[unit] += abs(now - was)
    changes.sort(key=lambda change: -abs(change[2] - change[1]))
    biggest = [
        {
            "kind": subject.kind,
            "subject": str(subject.public_id),
            "side": side,
            "unit": unit,
            "before": was,
            "after": now,
        }
        for unit, was, now, side, subject in changes[:BIGGEST]
    ]
    sums = {"units": dict(units), "moved": dict(moved)}
    return {"decisions": decided, "rewards": len(changes), **sums, "biggest": biggest}
