"""Make decisions anew with a corrected rule version, for good. ``previewing`` asks the same and changes nothing."""

from django.db.models import prefetch_related_objects

from rewards import book, locks
from rewards.models import CorrectionPolicy, Decision
from rewards.settlement import cases, decided, derived
from rewards.settlement.settle import again, conclude


def settle(correction, cursor, *, at):
    """Settle the next page, in the caller's transaction: ``(where to go on, how many were decided)``.

    Begins with ``{}``; None where there are no more.
    """
    locks.deciding(storefronts={correction.storefront_id})
    cursor, pks = decided.page(correction, cursor)
    return cursor, settle_these(correction, pks, at=at) if pks else 0


def settle_these(correction, pks, *, at):
    """Those of these subjects that it concerns, in the order of their first decisions; returns how many."""
    rule_book = book.of_storefronts({correction.storefront_id})
    locked = {row.pk: row for row in locks.subjects_by_id(ids=pks, wait=True)}
    prefetch_related_objects(list(locked.values()), "program", "advocate")
    rows = [locked[pk] for pk in pks]
    found = concerned(rows, correction, lambda at: rule_book.terms(correction.corrected_id, at))
    for case in found:
        case.correction, case.waives = correction.public_id, correction.policy == CorrectionPolicy.WAIVE
    finish = conclude if correction.rule_version.milestone_every else again
    finish(found=found, rule_book=rule_book, at=at)
    return len(found)


def concerned(rows, correction, terms_at):
    """Cases of those rows that the mistaken version decided last, to be decided by the Terms of when they occurred."""
    mistaken = correction.rule_version_id
    last = Decision.objects.filter(subject__in=rows).order_by("subject_id", "-number").distinct("subject_id")
    mine = {one.subject_id for one in last if any(said["version"] == mistaken for said in one.verdicts)}
    rows = [row for row in rows if row.pk in mine]
    if correction.rule_version.milestone_every:
        return [
            derived.ask(case, terms_at(case.subject.occurred_at).stepped(), case.facts, again=True)
            for case in derived.read(rows)
        ]
    found = cases.of_subjects(rows)
    for case in found:
        case.instead = terms_at(case.subject.occurred_at)
    return found
