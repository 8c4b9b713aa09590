"""Who may approve a correction: above a limit somebody else than who proposed it."""

from datetime import timedelta

import pytest

from advocacy.models import Job, Program
from advocacy.refusals import Refused
from rewards import corrections
from rewards.models import Correction, RuleVersion
from tests import cast
from tests.rewards.corrections_stage import ALL, LATER, alice, anna, friends, propose, settle_at, work_on_jobs
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    conversion_of,
    person,
    program_of,
    rule_of,
    settle,
    tell,
)
from tests.terms import terms

__all__ = ["alice", "anna"]
pytestmark = pytest.mark.django_db


def test_above_the_limit_somebody_else_approves(alice, anna, olga):
    version = rule_of(alice.program, **ALL)
    friends(alice, 3)
    correction = propose(version, anna)
    assert correction.needs_second
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"
    assert not Job.objects.exists()


def test_below_the_limit_one_person_may_and_a_withdrawn_one_is_over(alice, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correction = propose(version, anna)
    assert not correction.needs_second, "45.00 EUR"
    corrections.withdraw(correction=correction, at=LATER)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "correction_decided"
    corrections.approve(correction=propose(version, anna), by=anna, at=LATER)


def test_what_one_person_corrects_of_a_rule_bit_by_bit_is_added_up(alice, anna, olga):
    """45.00 EUR a piece is below the limit of 100.00, but not three times."""
    version = rule_of(alice.program, **ALL)
    for number in range(3):
        settle_at(alice, NOW + timedelta(hours=number), f"friend {number}")
    pieces = [{"starts_at": NOW + timedelta(hours=n), "ends_at": NOW + timedelta(hours=n + 1)} for n in range(3)]
    for piece in pieces[:2]:
        corrections.approve(correction=propose(version, anna, **piece), by=anna, at=LATER)
        work_on_jobs()
    assert propose(version, anna, **pieces[2]).needs_second
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=Correction.objects.latest("pk"), by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"
    Correction.objects.exclude(state="done").update(state="withdrawn")
    assert not propose(version, olga, **pieces[2]).needs_second, "olga corrected nothing of it yet"
    Correction.objects.exclude(state="done").update(state="withdrawn")
    later = LATER + timedelta(days=31)
    assert not propose(version, anna, **pieces[2], at=later).needs_second


def test_a_limit_that_was_lowered_meanwhile_counts(alice, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correction = propose(version, anna)
    Program.objects.update(four_eyes_above_minor=4499)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"


def test_what_a_key_proposed_somebody_takes_over_and_another_approves(alice, anna, olga):
    """Whoever holds the key could else propose with it and approve in the admin."""
    version = rule_of(alice.program, **ALL)
    friends(alice, 3)
    correction = propose(version, None)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"
    corrections.adopt(correction=correction, by=anna, at=LATER)
    with pytest.raises(Refused):
        corrections.approve(correction=correction, by=anna, at=LATER)
    corrections.approve(correction=correction, by=olga, at=LATER)


def test_more_to_some_does_not_hide_less_to_others_from_a_second_person(alice, anna):
    alice.program.four_eyes_above_minor = 1000
    alice.program.save()
    both = ALL | {"advocate_percent_bp": 2000, "friend_kind": "fixed", "friend_amount_minor": 9000}
    version = rule_of(alice.program, **both)
    friends(alice, 1)
    wanted = terms(**both | {"advocate_percent_bp": 10_000, "friend_amount_minor": 5000})["benefits"]
    correction = propose(version, anna, benefits=wanted)
    assert (correction.difference["units"], correction.difference["moved"]) == ({"EUR": 0}, {"EUR": 8000})
    assert correction.needs_second


def test_cheap_points_bring_nobody_round_the_second_person():
    alice = alice_of(program_of(acme(), points_per_unit=100))
    cast.staff("anna")
    points = {"advocate_form": "points", "advocate_amount_minor": 1, "friend_kind": "", "hold_days": 0}
    version = rule_of(alice.program, "Points", frequency="every_order", **points)
    tell(conversion_of(alice, person(alice.storefront, "fred")))
    settle()
    more = {"benefits": {"advocate": version.benefits["advocate"] | {"amount_minor": 5_000_000}}}
    alice.program.points_per_unit = 10**9
    alice.program.save()
    hour = timedelta(hours=1)
    proposed = corrections.propose(
        version=RuleVersion.objects.get(pk=version.pk),
        terms=more,
        starts_at=NOW - hour,
        ends_at=NOW + hour,
        policy="waive",
        reason="A zero too few.",
        by=cast.olga(),
        at=NOW + hour,
    )
    assert proposed.needs_second is True
