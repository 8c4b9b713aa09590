"""Approve or withdraw what was proposed, and make the decisions anew, page by page."""

from django.db import transaction
from django.db.models import F

from advocacy import jobs
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict
from rewards import events, locks, version_digests
from rewards.corrections import four_eyes, proposing
from rewards.corrections.terms import corrected
from rewards.models import Correction, CorrectionState, Rule
from rewards.settlement import correcting, decided
from rewards.settlement.previewing import whole

JOB = "correction"


def approve(*, correction, by, at):
    """Begin to make the decisions anew; returns the Job. Above the program's limit ``by`` is not who proposed it.

    Whoever still decides by the mistaken version is waited for, so that nothing of it comes after the last page.
    """
    with transaction.atomic():
        correction = _locked(correction)
        locks.nobody_decides(storefront=correction.storefront_id)
        if correction.state == CorrectionState.COUNTING:
            raise Conflict(
                "correction_counting", "Its difference is still being worked out; approve it when you saw it."
            )
        _count_again(correction)
        _check_second(correction, by, at)
        correction.corrected = corrected(correction)
        # From now on it decides: also what is told of the period only later.
        correction.corrected.created_at = at
        correction.corrected.save(force_insert=True)
        version_digests.tell(correction.corrected, at=at)
        correction.state, correction.approved_by, correction.approved_at = CorrectionState.RUNNING, by, at
        correction.save()
        return jobs.start(
            storefront=correction.storefront,
            kind=JOB,
            parameters={"correction": str(correction.public_id)},
            by=by,
            at=at,
        )


def _count_again(correction):
    """What was decided since it was proposed is decided anew too, so the limit asks for it."""
    if decided.count(correction) == correction.difference.get("subjects"):
        return
    if decided.more_than(correction, proposing.AT_ONCE):
        raise Conflict(
            "more_was_decided",
            "More was decided in that period since this was proposed. Withdraw it and propose it again, to see what it "
            "comes to now.",
        )
    correction.difference = whole(correction, corrected(correction))


def _check_second(correction, by, at):
    """Asked again now: the limit may be lower, and ``by`` may have corrected more of the rule meanwhile."""
    correction.needs_second = correction.needs_second or four_eyes.needed(correction, by=by, at=at)
    if not correction.needs_second:
        return
    if correction.proposed_by_id is None:
        raise Conflict(
            "second_person_needed",
            "A key proposed this, and it is above the limit: two people are needed. Take it over; then somebody else "
            "approves it.",
        )
    if correction.proposed_by_id == by.pk:
        raise Conflict("second_person_needed", "Somebody else than who proposed it must approve this correction.")


def adopt(*, correction, by, at):
    """``by`` stands for what a key proposed, as if they had proposed it."""
    with transaction.atomic():
        correction = _locked(correction)
        if correction.proposed_by_id is not None:
            raise Conflict("correction_adopted", "Somebody stands for this correction already.")
        correction.proposed_by = by
        correction.save()
    return correction


def withdraw(*, correction, at):
    with transaction.atomic():
        correction = _locked(correction)
        correction.state, correction.ended_at = CorrectionState.WITHDRAWN, at
        correction.save()
    return correction


def step(*, job, at):
    """One page of the job; see ``advocacy/jobs``."""
    correction = Correction.objects.select_related("rule_version__rule__program", "corrected").get(
        public_id=job.parameters["correction"]
    )
    done = job.cursor.get("done", 0)
    cursor, anew = correcting.settle(correction, job.cursor, at=at)
    total = correction.difference["decisions"]
    if cursor is not None:
        return jobs.Progress(cursor | {"done": done + anew}, done + anew, max(total, done + anew))
    _finish(correction, done, at)
    return jobs.Progress(job.cursor, done, max(total, done), result={"decisions": done})


def _locked(correction):
    row = Correction.objects.select_for_update(of=("self",)).select_related("rule_version__rule__program", "storefront")
    row = row.get(pk=correction.pk)
    if row.state not in (CorrectionState.COUNTING, CorrectionState.PROPOSED):
        raise Conflict("correction_decided", f"This correction is {row.get_state_display().lower()} already.")
    return row


def _finish(correction, decisions, at):
    correction.state, correction.ended_at = CorrectionState.DONE, at
    correction.save(update_fields=["state", "ended_at"])
    Rule.objects.filter(pk=correction.rule_version.rule_id).update(version=F("version") + 1)
    rule = Rule.objects.get(pk=correction.rule_version.rule_id)
    facts = {
        "rule": str(rule.public_id),
        "correction": str(correction.public_id),
        "mistaken_version": str(correction.rule_version.public_id),
        "corrected_version": str(correction.corrected.public_id),
        "starts_at": correction.starts_at.isoformat(),
        "ends_at": correction.ends_at.isoformat(),
        "policy": str(correction.policy),
        "decisions": decisions,
    }
    draft = Draft(
        type=events.RULE_CORRECTED,
        subject=rule,
        storefront=correction.storefront_id,
        program=rule.program_id,
        facts=facts,
        occurred_at=at,
    )
    record([draft], at=at)
