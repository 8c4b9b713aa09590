"""Say what should have been, and have the difference worked out: at once where it is little, else by a job."""

from django.db import transaction

from advocacy import jobs
from advocacy.refusals import Refused
from rewards import book
from rewards.corrections import four_eyes
from rewards.corrections.terms import PERIOD, check, corrected, told
from rewards.models import Correction, CorrectionState, Rule
from rewards.settlement import decided, previewed
from rewards.settlement.previewing import Preview, whole

PREVIEW = "correction_preview"
# So many subjects of the period are asked within the call.
AT_ONCE = 500
# Of a step of the job.
PAGES = 5


def propose(*, version, terms, starts_at, ends_at, policy, reason, by, at):
    """A Correction; nothing else changes. Where the period holds much, a job works out its difference (``counting``).

    ``terms``: those of ``CORRECTABLE`` that should have been otherwise. ``by`` is None where a key proposes it. Raises
    ``Refused`` in words.
    """
    with transaction.atomic():
        # One after the other: the second finds that another is open.
        Rule.objects.select_for_update(no_key=True).get(pk=version.rule_id)
        terms = told(version, terms)
        check(version, terms, starts_at, ends_at, at)
        correction = Correction(
            storefront_id=version.rule.program.storefront_id,
            rule_version=version,
            terms=terms,
            starts_at=starts_at,
            ends_at=ends_at,
            policy=policy,
            reason=reason,
            proposed_by=by,
            proposed_at=at,
        )
        return _later(correction, at) if decided.more_than(correction, AT_ONCE) else _now(correction)


def _now(correction):
    _tell(correction, whole(correction, corrected(correction)))
    if correction.state != CorrectionState.PROPOSED:
        raise Refused("nothing_decided", "This version decided nothing in that period.", errors=PERIOD)
    correction.save(force_insert=True)
    return correction


def _later(correction, at):
    correction.save(force_insert=True)
    named = {"correction": str(correction.public_id)}
    jobs.start(storefront=correction.storefront, kind=PREVIEW, parameters=named, by=correction.proposed_by, at=at)
    return correction


def step_of_preview(*, job, at):
    """Some pages of the job; see ``advocacy/jobs``. Ends at once where the correction was withdrawn meanwhile."""
    correction = _counting().get(public_id=job.parameters["correction"])
    if correction.state != CorrectionState.COUNTING:
        previewed.forget(correction)
        return jobs.Progress(job.cursor, job.done, job.total, result={"decisions": 0})
    preview = Preview(correction, corrected(correction))
    total = job.cursor.get("total") or decided.count(correction)
    if "preview" in job.cursor:
        preview.go_on(job.cursor["preview"])
    rule_book = book.of_storefronts({correction.storefront_id})
    for _ in range(PAGES):
        if not preview.over:
            preview.step(rule_book)
    if not preview.over:
        cursor = {"preview": preview.kept(), "total": total}
        return jobs.Progress(cursor, preview.looked_at, max(total, preview.looked_at))
    previewed.forget(correction)
    _tell(correction, preview.told())
    correction.ended_at = None if correction.state == CorrectionState.PROPOSED else at
    correction.save(update_fields=["state", "difference", "needs_second", "ended_at"])
    done = preview.looked_at
    return jobs.Progress({}, done, done, result={"decisions": preview.decided, "rewards": preview.rewards})


def _counting():
    """Locked, so that it is not withdrawn while its difference is written."""
    rows = Correction.objects.select_for_update(of=("self",))
    return rows.select_related("rule_version__rule__program", "storefront")


def _tell(correction, difference):
    """Give it its difference; one that would decide nothing anew is over."""
    correction.difference = difference
    correction.needs_second = four_eyes.needed(correction, by=correction.proposed_by, at=correction.proposed_at)
    anew = difference["decisions"]
    correction.state = CorrectionState.PROPOSED if anew else CorrectionState.WITHDRAWN
