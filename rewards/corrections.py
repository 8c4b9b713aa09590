"""Correct a mistake, such as 100 % typed for 10 %: propose, see the difference, approve, and have it done as a job."""

from django.db import transaction
from django.db.models import F

from advocacy import jobs, money
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, Refused
from rewards import events, rulebook
from rewards.models import Correction, CorrectionState, Form, Rule, RuleVersion
from rewards.settlement import correcting

JOB = "correction"
# What a mistake can be in. Anything else changes what a rule is about: that is a new version.
TERMS = (
    "benefits minimum_order_minor conditions caps per_currency order_limit months_limit months_from hold_days "
    "hold_from delivery_allowance_days expires_days"
).split()
MOST = 20_000


def propose(*, version, terms, starts_at, ends_at, policy, reason, by, at):
    """A Correction with the difference that it would make; nothing else changes.

    ``terms``: those of ``TERMS`` that should have been otherwise. Raises ``Refused`` in words.
    """
    _check(version, terms, starts_at, ends_at, at)
    program = version.rule.program
    correction = Correction(
        storefront_id=program.storefront_id,
        rule_version=version,
        terms=terms,
        starts_at=starts_at,
        ends_at=ends_at,
        policy=policy,
        reason=reason,
        proposed_by=by,
        proposed_at=at,
    )
    if correcting.subjects(correction).count() > MOST:
        raise Refused(
            "period_too_long", f"That is more than {MOST} decisions; correct the period in parts.", errors=_PERIOD
        )
    correction.difference = correcting.difference(correction, corrected(correction))
    if not correction.difference["decisions"]:
        raise Refused("nothing_decided", "This version decided nothing in that period.", errors=_PERIOD)
    correction.needs_second = _above(correction.difference["moved"], program)
    correction.save(force_insert=True)
    return correction


def approve(*, correction, by, at):
    """Begin to make the decisions anew; returns the Job. Above the program's limit ``by`` is not who proposed it."""
    with transaction.atomic():
        correction = _locked(correction)
        if correction.needs_second and correction.proposed_by_id == by.pk:
            raise Conflict("second_person_needed", "Somebody else than who proposed it must approve this correction.")
        correction.corrected = corrected(correction)
        correction.corrected.save(force_insert=True)
        correction.state, correction.approved_by, correction.approved_at = CorrectionState.RUNNING, by, at
        correction.save()
        return jobs.start(
            storefront=correction.storefront,
            kind=JOB,
            parameters={"correction": str(correction.public_id)},
            by=by,
            at=at,
        )


def withdraw(*, correction, at):
    with transaction.atomic():
        correction = _locked(correction)
        correction.state, correction.ended_at = CorrectionState.WITHDRAWN, at
        correction.save()
    return correction


def step(*, job, at):
    """One batch of the job; see ``advocacy/jobs``."""
    correction = Correction.objects.select_related("rule_version__rule__program", "corrected").get(
        public_id=job.parameters["correction"]
    )
    after, done = job.cursor.get("after", 0), job.cursor.get("done", 0)
    last, decided = correcting.settle(correction, after=after, at=at)
    total = correction.difference["decisions"]
    if last is not None:
        return jobs.Progress({"after": last, "done": done + decided}, done + decided, max(total, done + decided))
    _finish(correction, done, at)
    return jobs.Progress(job.cursor, done, max(total, done), result={"decisions": done})


_PERIOD = {"starts_at": "Choose another period."}


def _check(version, terms, starts_at, ends_at, at):
    if version.corrects_id is not None:
        raise Refused("corrects_already", "This version corrects another one; correct what follows from it by hand.")
    if Correction.objects.filter(
        rule_version__rule=version.rule_id, state__in=[CorrectionState.PROPOSED, CorrectionState.RUNNING]
    ).exists():
        raise Conflict("correction_open", "Another correction of this rule is open; approve or withdraw it first.")
    if odd := sorted(set(terms) - set(TERMS)):
        raise Refused("not_correctable", f"Save a new version to change {', '.join(odd)}.")
    if not {name for name, value in terms.items() if getattr(version, name) != value}:
        raise Refused("nothing_corrected", "Nothing is different from the mistaken version.")
    if version.milestone_every and {"conditions", "minimum_order_minor"} & set(terms):
        raise Refused("not_correctable", "Which friends a milestone counts is not corrected; its rewards are.")
    if not starts_at < ends_at <= at:
        raise Refused("period_not_over", "The period ends after it starts, and not later than now.", errors=_PERIOD)
    rule = version.rule
    rulebook.check(program=rule.program, rule=rule, terms=rulebook.terms_of(version) | terms)
    _check_form_and_unit(version, terms)


def _check_form_and_unit(version, terms):
    """What was granted stands in the ledger in its form and currency, and so does its difference."""
    benefits = terms.get("benefits", version.benefits)
    for side, benefit in version.benefits.items():
        if side in benefits and benefits[side].get("form", Form.CREDIT) != benefit.get("form", Form.CREDIT):
            raise Refused(
                "not_correctable", f"What the {side} got cannot take another form afterwards; save a new version."
            )
    if odd := sorted(set(terms.get("per_currency", version.per_currency)) ^ set(version.per_currency)):
        raise Refused(
            "not_correctable",
            f"Rewards cannot change currency afterwards ({', '.join(odd)}); save a new version.",
        )


def corrected(correction):
    """The version that should have been, not saved."""
    mistaken = correction.rule_version
    terms = rulebook.terms_of(mistaken) | correction.terms
    span = {"starts_at": correction.starts_at, "ends_at": correction.ends_at}
    return RuleVersion(
        rule=mistaken.rule, number=mistaken.number, created_at=correction.proposed_at, corrects=mistaken, **terms | span
    )


def _above(moved, program):
    """Whether a second person must approve, by all that is moved: more to some does not hide less to others.

    Points count by the program's rate, without one always.
    """
    total = 0
    for unit, minor in moved.items():
        if unit == money.POINTS and program.points_per_unit:
            total += money.share(abs(minor), 10 ** money.decimals(program.currency), program.points_per_unit)
        elif unit == program.currency:
            total += abs(minor)
        else:
            return True
    return total > program.four_eyes_above_minor


def _locked(correction):
    row = Correction.objects.select_for_update(of=("self",)).select_related("rule_version__rule__program", "storefront")
    row = row.get(pk=correction.pk)
    if row.state != CorrectionState.PROPOSED:
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
