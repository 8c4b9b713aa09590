"""Decide what waited for an exchange rate, as soon as there is one; in the order in which it was first decided."""

from django.db.models import Min

from advocacy import reckonings
from advocacy.periodic import alone
from rewards import book, locks, rates
from rewards.models import Decision, Subject
from rewards.rules import RATE_MISSING
from rewards.settlement import cases
from rewards.settlement.settle import again

# Looked at in one call, whether their rates have come or not.
MOST = 5000


def decide(*, at, limit=200):
    """One batch at a time; returns how many were decided. Call again while it returns any."""
    with alone("decide what waited") as mine:
        ready = _ready()[:limit] if mine else []
        locked = {row.pk: row for row in locks.subjects_by_id(ids=ready)}
        found = cases.of_subjects([locked[pk] for pk in ready if pk in locked])
        rule_book = book.of_storefronts({case.subject.storefront_id for case in found})
        again(found=found, rule_book=rule_book, at=at)
        return len(found)


def _ready():
    """The ids of the subjects that a rate has come for, by their first decision."""
    waiting = Subject.objects.filter(waits_for=RATE_MISSING).select_related("program").order_by("pk")[:MOST]
    subjects = {subject.pk: subject for subject in waiting}
    wishes = _wishes(subjects)
    known = rates.Rates(wanted=set(wishes.values()))
    ready = [
        pk
        for pk, (storefront, currency, target, day) in wishes.items()
        if known.on(storefront=storefront, currency=currency, target=target, day=day)
    ]
    first = Subject.objects.filter(pk__in=ready).annotate(first=Min("decisions__pk")).order_by("first")
    return list(first.values_list("pk", flat=True))


def _wishes(subjects):
    """``{subject id: (storefront, currency, target, day)}``, as their last decisions say."""
    last = Decision.objects.filter(subject__in=list(subjects)).order_by("subject_id", "-number").distinct("subject_id")
    reckoned, wishes = reckonings.Reckonings({subject.program for subject in subjects.values()}), {}
    for decision in last:
        subject = subjects[decision.subject_id]
        zone = reckoned.at(subject.program_id, subject.occurred_at).zone
        day = rates.day_of(subject.occurred_at, zone)
        for said in decision.verdicts:
            for reason, _, _, target, currency, *_ in said["checks"]:
                if reason == RATE_MISSING and said.get("waits"):
                    wishes[subject.pk] = subject.storefront_id, currency, target, day
    return wishes
