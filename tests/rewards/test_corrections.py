"""100 % typed for 10 %: what it granted is decided anew, and the ledger gets the difference."""

from datetime import timedelta

import pytest
from django.db import transaction

from advocacy import jobs
from advocacy.jobs import working
from advocacy.models import Event, Job
from advocacy.refusals import Refused
from referrals import events as catalogue
from rewards import audit, corrections, crediting, rebuild
from rewards.models import Correction, Decision, Reward, RuleVersion
from tests.rewards.corrections_stage import ALL, LATER, TENTH, alice, anna, correct, friends, propose, spend
from tests.rewards.scene import (
    NOW,
    balances,
    conversion_of,
    person,
    rule_of,
    settle,
    tell,
)
from tests.terms import terms

__all__ = ["alice", "anna"]
pytestmark = pytest.mark.django_db


def test_approved_by_another_it_takes_back_what_was_too_much(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 3)
    job = correct(version, olga, anna)
    assert job.result == {"decisions": 3}
    assert balances(alice.customer) == {"available": 1500}
    correction = Correction.objects.get()
    assert correction.state == "done"
    newest = Decision.objects.latest("pk")
    assert (newest.correction, newest.number, newest.version) == (correction.public_id, 2, 1)
    assert newest.verdicts[0]["version"] == correction.corrected_id
    told = Event.objects.get(type="rule.corrected").facts
    assert (told["decisions"], told["policy"]) == (3, "waive")
    assert "100 typed for 10" not in str(told)
    assert list(audit.differences()) == []


def test_what_comes_after_the_correction_is_settled_by_the_corrected_version(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    first, _ = friends(alice, 2)
    correct(version, olga, anna)
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    assert balances(alice.customer) == {"available": 750}
    assert RuleVersion.objects.count() == 1, "no version is in force that was not"
    assert list(audit.differences()) == []


def test_what_is_told_of_the_period_only_later_is_decided_by_the_corrected_version(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correct(version, olga, anna)
    tell(conversion_of(alice, person(alice.storefront, "late")))
    settle(at=LATER)
    assert balances(alice.customer) == {"available": 500 + 500}
    after = NOW + timedelta(hours=1)
    tell(conversion_of(alice, person(alice.storefront, "later")), at=after)
    settle(at=LATER)
    assert balances(alice.customer) == {"available": 500 + 500 + 5000}, "what came after the period was no mistake"
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


ONE = ALL | {"exclusive_group": "one", "minimum_order_minor": 0}
TEN = ONE | {"advocate_kind": "fixed", "advocate_amount_minor": 1000}


@pytest.mark.parametrize("wrong", [{"benefits": TENTH}, {"minimum_order_minor": 9000}])
def test_who_lost_to_a_mistake_wins_when_it_is_corrected(alice, olga, anna, wrong):
    version = rule_of(alice.program, **ONE)
    rule_of(alice.program, name="Ten", **TEN)
    friends(alice, 1)
    assert propose(version, anna, terms=wrong).difference["units"] == {"EUR": 1000 - 5000}
    Correction.objects.update(state="withdrawn")
    correct(version, olga, anna, terms=wrong)
    assert balances(alice.customer) == {"available": 1000}
    newest = {said["name"]: said for said in Decision.objects.latest("pk").verdicts}
    lost = ["lost_to_priority"] if "benefits" in wrong else ["below_minimum"]
    assert newest["Ten"]["owed"] == {"advocate": 1000}
    assert (newest["Give 10"]["owed"], newest["Give 10"]["refusal"]) == ({"advocate": 0}, lost)
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_who_won_by_a_mistake_loses_and_what_wins_instead_pays_what_was_spent(alice, olga, anna):
    version = rule_of(alice.program, **ONE | {"advocate_percent_bp": 1000})
    rule_of(alice.program, name="Ten", **TEN)
    friends(alice, 1)
    spend(alice, 600)
    correct(version, olga, anna, benefits=terms(**ONE)["benefits"])
    assert balances(alice.customer) == {"available": 5000 - 600}, "5000 in all, as by the corrected version"
    assert Correction.objects.get().difference["units"] == {"EUR": 5000 - 1000}
    assert list(Reward.objects.order_by("rule").values_list("granted_minor", "waived_minor")) == [(5000, 0), (0, 0)]
    assert list(audit.differences()) == []


def test_only_what_was_spent_beyond_what_wins_instead_is_waived(alice, olga, anna):
    version = rule_of(alice.program, **ONE)
    rule_of(alice.program, name="Ten", **TEN)
    friends(alice, 1)
    spend(alice, 4000)
    correct(version, olga, anna)
    assert balances(alice.customer) == {}, "4000 were spent: 1000 are owed, 3000 are waived"
    assert list(Reward.objects.order_by("rule").values_list("granted_minor", "waived_minor")) == [(0, 3000), (1000, 0)]
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_a_stopped_correction_goes_on_when_it_is_tried_again(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    corrections.approve(correction=propose(version, anna), by=olga, at=LATER)
    job = Job.objects.get()
    jobs.cancel(job=job, at=LATER)
    jobs.retry(job=job, at=LATER)
    while working.step(pk=job.pk, worker=None, first=True, at=LATER):
        pass
    assert (Correction.objects.get().state, balances(alice.customer)) == ("done", {"available": 500})


def test_what_is_credited_later_expires_as_corrected(alice, olga, anna):
    version = rule_of(alice.program, **ALL | {"hold_days": 10}, expires_days=3)
    friends(alice, 1)
    correct(version, olga, anna, terms={"expires_days": 300})
    due = Reward.objects.get().due_at
    crediting.release(at=due)
    reward = Reward.objects.get()
    assert (reward.rule_version, reward.expires_at) == (Correction.objects.get().corrected, due + timedelta(days=300))
    assert list(audit.differences()) == []


def test_too_little_is_corrected_too_and_within_the_budget(alice, olga, anna):
    caps = [{"scope": "program", "period": "all", "measure": "amount", "limit": 8000, "side": ""}]
    version = rule_of(alice.program, **ALL | {"advocate_percent_bp": 1000}, caps=caps)
    friends(alice, 2)
    wanted = terms(**ALL)["benefits"]
    assert propose(version, anna, benefits=wanted).difference["units"] == {"EUR": 7000}
    Correction.objects.update(state="withdrawn")
    correct(version, olga, anna, benefits=wanted)
    assert balances(alice.customer) == {"available": 8000}
    assert list(audit.differences()) == []


def test_a_corrected_cap_gives_the_old_ones_uses_back(alice, olga, anna):
    caps = [{"scope": "advocate", "period": "month", "measure": "count", "limit": 1, "side": ""}]
    version = rule_of(alice.program, **ALL | {"advocate_percent_bp": 1000}, caps=caps)
    friends(alice, 3)
    assert balances(alice.customer) == {"available": 500}
    correct(version, olga, anna, terms={"caps": []})
    assert balances(alice.customer) == {"available": 1500}
    assert list(audit.differences()) == []


def test_what_a_correction_refuses_is_granted_no_more(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correct(version, olga, anna, terms={"minimum_order_minor": 9000}, policy="net")
    reward = Reward.objects.get()
    assert (reward.granted_minor, reward.status) == (0, "reversed")
    assert list(audit.differences()) == []
    for spoilt in ({"granted_minor": 777}, {"rule_version": version}):
        with transaction.atomic():
            Reward.objects.update(**spoilt)
            [said] = audit.parts()["what was granted"]()
            assert said.startswith(f"Reward {reward.pk} grants ")
            transaction.set_rollback(True)


def test_only_the_period_is_corrected(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    with pytest.raises(Refused) as refusal:
        propose(version, anna, ends_at=NOW)
    assert refusal.value.code == "nothing_decided"
    assert not Correction.objects.exists()


def test_a_milestones_steps_are_corrected(alice, olga, anna):
    every_two = {"milestone_every": 2, "advocate_amount_minor": 9000, "friend_kind": "", "hold_days": 0}
    version = rule_of(alice.program, **every_two)
    friends(alice, 5)
    assert balances(alice.customer) == {"available": 18_000}
    correct(version, olga, anna, benefits=terms(advocate_amount_minor=900)["benefits"])
    assert balances(alice.customer) == {"available": 1800}
    assert list(audit.differences()) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"terms": {"trigger": "referral.created"}}, "not_correctable"),
        ({"terms": {"hold_days": 0}}, "nothing_corrected"),
        ({"terms": {"benefits": {}}}, "invalid_rule"),
        ({"benefits": terms(**ALL | {"advocate_form": "cash"})["benefits"]}, "not_correctable"),
        ({"terms": {"per_currency": {"USD": {"minimum_order_minor": 5000}}}}, "not_correctable"),
        ({"ends_at": LATER + timedelta(days=1)}, "period_not_over"),
        ({"ends_at": NOW - timedelta(days=9)}, "period_not_over"),
    ],
)
def test_what_is_no_correction_is_refused(alice, anna, said, code):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    with pytest.raises(Refused) as refusal:
        propose(version, anna, **said)
    assert refusal.value.code == code
    assert not Correction.objects.exists()
