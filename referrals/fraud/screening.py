"""Ask the checks about a batch of new conversions and hold what they doubt, before anything is decided about it.

Each check that a program of the batch wants asks the database at most once for all of it. One that fails holds: what
could not be looked at is not passed.
"""

import logging

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction

from advocacy import failures
from advocacy.models import bulk
from advocacy.outbox.interruptions import pass_on
from referrals import holding
from referrals.fraud import approved as approved_before
from referrals.fraud import cases, policies
from referrals.models import ReviewCase

log = logging.getLogger(__name__)


def screen(*, events, at):
    """Screen the conversions of these ``conversion.recorded``; the events by which some were held.

    Runs in the transaction in which they are then settled.
    """
    found = cases.of(conversions=[event.subject_id for event in events]) if events else []
    suspected = suspects(found, policies.checks(), at=at) if found else []
    bulk.insert(suspected)
    return holding.hold(doubts=[doubt(row) for row in suspected if row.held], at=at)


def suspects(found, checks, *, at):
    """The unsaved ReviewCases of the Cases that these checks doubt, where their programs want to know."""
    of_program = policies.of_programs({case.program for case in found})
    found = [case for case in found if of_program[case.program].active]
    findings = _without_approved(find(found, of_program, checks), found)
    return [
        _suspected(case, findings[case.conversion], of_program[case.program].hold_at, at)
        for case in found
        if case.conversion in findings
    ]


def find(found, of_program, checks):
    """``{conversion: [finding]}`` of the Cases that a check doubts, as ``ReviewCase`` keeps them."""
    findings, checks = {}, checks.items()
    asked = {key: [case for case in found if key in of_program[case.program].points] for key, _ in checks}
    gathered = _gathered([(check, asked[key]) for key, check in checks])
    for key, check in checks:
        for case, evidence in _asked(key, check, asked[key], of_program, gathered):
            policy = of_program[case.program]
            failed = evidence == FAILED
            points = max(policy.points[key], policy.hold_at) if failed else policy.points[key]
            finding = {"check": key, "points": points, "sides": list(check.SIDES), "evidence": evidence}
            findings.setdefault(case.conversion, []).append(finding)
    return findings


def _without_approved(findings, found):
    """What of advocate and friend was looked at and approved once is no reason to hold their next order."""
    doubted = [case for case in found if case.conversion in findings and not case.first]
    approved = approved_before.of({case.referral for case in doubted}) if doubted else {}
    for case in doubted:
        for finding in findings[case.conversion]:
            if finding["evidence"] != FAILED:
                known = approved_before.sides(approved.get(case.referral, ()), finding, case)
                finding["sides"] = [side for side in finding["sides"] if side not in known]
    kept = {key: [each for each in said if each["sides"]] for key, said in findings.items()}
    return {key: said for key, said in kept.items() if said}


FAILED = {"failed": True}


def _gathered(asked):
    """``{question: (cases, answer)}`` of all checks in one savepoint; nothing where one failed: each asks by itself."""
    gathered = {}
    try:
        with transaction.atomic():
            for check, asking in asked:
                question = getattr(check, "gather", None)
                if question and asking and gathered.get(question, (None,))[0] != asking:
                    gathered[question] = asking, question(asking)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        pass_on(error)
        return {}
    return gathered


def _asked(key, check, asking, of_program, gathered):
    """``[(Case, evidence)]`` of those that the check doubts."""
    if not asking:
        return []
    try:
        known = _known(check, asking, gathered)
        answers = [(case, check.find(case, known, of_program[case.program].limits[key])) for case in asking]
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        pass_on(error)
        failures.told(error, f"Fraud check {key}")
        return [(case, FAILED) for case in asking]
    return [(case, evidence) for case, evidence in answers if evidence is not None]


def _known(check, asking, gathered):
    """What the check's question answers; checks that ask the same of the same are answered at once."""
    question = getattr(check, "gather", None)
    if question is None:
        return None
    asked, known = gathered.get(question, (None, None))
    if asked != asking:
        with transaction.atomic():
            known = question(asking)
        gathered[question] = asking, known
    return known


def _suspected(case, findings, hold_at, at):
    return bulk.made(
        ReviewCase,
        storefront_id=case.storefront,
        program_id=case.program,
        conversion_id=case.conversion,
        opened_at=at,
        **weighed(findings, hold_at),
    )


def weighed(findings, hold_at):
    """The columns of a ReviewCase that follow from what was found."""
    points = {side: sum(finding["points"] for finding in findings if side in finding["sides"]) for side in cases.SIDES}
    return {
        "advocate_points": points["advocate"],
        "friend_points": points["friend"],
        "points": max(points.values()),
        "hold_at": hold_at,
        "findings": sorted(findings, key=lambda finding: -finding["points"]),
        "held": max(points.values()) >= hold_at,
    }


def doubt(row):
    """The sides that have too many points."""
    sides = [side for side in cases.SIDES if getattr(row, f"{side}_points") >= row.hold_at]
    return holding.Doubt(
        conversion=row.conversion_id,
        side="both" if len(sides) > 1 else sides[0],
        risk={"risk_points": row.points, "risk_checks": [finding["check"] for finding in row.findings]},
    )
