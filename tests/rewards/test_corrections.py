"""100 % typed for 10 %: what it granted is decided anew, and the ledger gets the difference."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from advocacy import jobs
from advocacy.jobs import working
from advocacy.models import Event, Job, Program
from advocacy.refusals import Refused
from config.portal import statement
from config.timeline import parts, steps
from referrals import events as catalogue
from rewards import audit, corrections, crediting, earnings, explanations, ledger, rates, rebuild, redemptions
from rewards.corrections import proposing
from rewards.models import Correction, Decision, Leg, PreviewedUse, Rate, Reward, RuleVersion
from rewards.settlement import decided
from tests import cast
from tests.rewards import payouts_stage
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    balances,
    conversion_of,
    person,
    program_of,
    rule_of,
    settle,
    tell,
)
from tests.terms import terms

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
ALL = {"advocate_kind": "percent", "advocate_percent_bp": 10_000, "friend_kind": "", "hold_days": 0}
TENTH = terms(**ALL | {"advocate_percent_bp": 1000})["benefits"]


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def anna():
    return cast.staff("anna")


def friends(alice, count, **facts):
    brought = [conversion_of(alice, person(alice.storefront, f"friend {number}")) for number in range(count)]
    for conversion in brought:
        tell(conversion, **facts)
    settle()
    return brought


def settle_at(alice, moment, name):
    tell(conversion_of(alice, person(alice.storefront, name)), at=moment)
    settle(at=moment)


def propose(version, by, policy="waive", benefits=TENTH, **said):
    said = {"starts_at": NOW - timedelta(hours=1), "ends_at": NOW + timedelta(hours=1), "at": LATER} | said
    said = {"terms": {"benefits": benefits}, "reason": "100 typed for 10"} | said
    return corrections.propose(version=version, policy=policy, by=by, **said)


def correct(version, olga, anna, **said):
    corrections.approve(correction=propose(version, anna, **said), by=olga, at=LATER)
    job = Job.objects.latest("pk")
    while working.step(pk=job.pk, worker=None, first=True, at=LATER):
        pass
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def test_the_difference_is_shown_before_anything_changes(alice, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 2)
    correction = propose(version, anna)
    assert correction.difference["units"] == {"EUR": -9000}
    assert (correction.difference["decisions"], correction.difference["rewards"]) == (2, 2)
    assert [(each["before"], each["after"]) for each in correction.difference["biggest"]] == [(5000, 500)] * 2
    assert balances(alice.customer) == {"available": 10_000}
    assert Decision.objects.count() == 2


def work_on_jobs():
    for job in Job.objects.filter(state__in=["waiting", "running"]):
        while working.step(pk=job.pk, worker=None, first=True, at=LATER):
            pass
        job.refresh_from_db()
        assert job.state == "done", job.error


@pytest.fixture
def much(monkeypatch):
    """Three are more than one call asks, and two more than a page."""
    monkeypatch.setattr(proposing, "AT_ONCE", 2)
    monkeypatch.setattr(proposing, "PAGES", 1)
    monkeypatch.setattr(decided, "PAGE", 2)


def test_a_long_period_is_worked_out_by_a_job_to_the_same_difference(alice, olga, anna, much):
    """The budget that the first page used up is not there for the second."""
    caps = [{"scope": "program", "period": "all", "measure": "amount", "limit": 12_000, "side": ""}]
    version = rule_of(alice.program, **ALL | {"advocate_percent_bp": 1000}, caps=caps)
    friends(alice, 3)
    said = {"benefits": terms(**ALL)["benefits"]}
    correction = propose(version, anna, **said)
    assert (correction.state, correction.difference) == ("counting", {})
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=olga, at=LATER)
    assert refusal.value.code == "correction_counting"
    assert working.step(pk=Job.objects.get().pk, worker=None, first=True, at=LATER)
    job = Job.objects.get()
    assert (job.kind, job.done, job.total) == ("correction_preview", 2, 3)
    assert PreviewedUse.objects.get().number == 9000, "the next page reads it, and not the job's own row"
    assert len(str(job.cursor)) < 2000
    work_on_jobs()
    correction.refresh_from_db()
    assert (correction.state, correction.needs_second) == ("proposed", True)
    assert not PreviewedUse.objects.exists()
    assert (correction.difference["units"], correction.difference["rewards"]) == ({"EUR": 10_500}, 3)
    assert balances(alice.customer) == {"available": 1500}
    corrections.approve(correction=correction, by=olga, at=LATER)
    work_on_jobs()
    assert balances(alice.customer) == {"available": 12_000}
    assert Decision.objects.count() == 6
    assert list(audit.differences()) == []


def test_one_person_does_not_approve_what_came_after_they_saw_it(alice, anna, olga, monkeypatch):
    """45.00 EUR are below the limit of 100.00, and three times 45.00 are not."""
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    correction = propose(version, anna)
    assert (correction.needs_second, correction.difference["subjects"]) == (False, 1)
    for name in ("gina", "hugo"):
        settle_at(alice, NOW, name)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=anna, at=LATER)
    assert refusal.value.code == "second_person_needed"
    monkeypatch.setattr(proposing, "AT_ONCE", 2)
    with pytest.raises(Refused) as refusal:
        corrections.approve(correction=correction, by=olga, at=LATER)
    assert refusal.value.code == "more_was_decided"
    monkeypatch.undo()
    corrections.approve(correction=correction, by=olga, at=LATER)
    assert Correction.objects.get().difference["units"] == {"EUR": -13_500}
    work_on_jobs()
    assert balances(alice.customer) == {"available": 1500}


def test_of_a_small_shop_among_large_ones_only_what_it_decided_is_walked_through(alice, anna, monkeypatch):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('rewards_decision', 'id'), 10000000)")
    settle_at(alice, NOW, "gina")
    correction = propose(version, anna)
    assert correction.state == "counting", "nobody waits for it"
    with CaptureQueriesContext(connection) as asked:
        work_on_jobs()
    assert len(asked) < 90, "not 500 stretches"
    correction.refresh_from_db()
    assert (correction.state, correction.difference["decisions"]) == ("proposed", 2)
    Correction.objects.update(state="withdrawn")
    monkeypatch.setattr(decided, "WIDE", 20_000_000)
    with CaptureQueriesContext(connection) as asked:
        assert propose(version, anna).difference["decisions"] == 2
    assert len(asked) < 60


def test_of_a_long_period_in_which_nothing_was_decided_nothing_is_left_open(alice, anna, much):
    version = rule_of(alice.program, **ALL)
    friends(alice, 3)
    other = rule_of(alice.program, name="Late", **ALL)
    propose(other, anna, benefits=TENTH)
    work_on_jobs()
    assert Correction.objects.get().state == "withdrawn"
    withdrawn = propose(version, anna)
    corrections.withdraw(correction=withdrawn, at=LATER)
    work_on_jobs()
    assert set(Correction.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_a_rate_stays_correctable_when_a_correction_only_asked_by_it(alice, anna):
    alice.program.storefront.refresh_from_db()
    version = rule_of(alice.program, **ALL)
    friends(alice, 1, currency="USD")
    said = rates.Said("line 1", NOW.date(), "USD", "EUR", Decimal("0.5"), "ecb")
    rates.put(storefront=alice.storefront, rates=[said], at=NOW)
    assert propose(version, anna, benefits=TENTH).difference["units"] == {"EUR": 250}
    assert not Rate.objects.get().used


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


@pytest.mark.parametrize("netted", [False, True])
def test_what_was_spent_is_waived_or_netted_as_chosen(alice, olga, anna, netted):
    left, waived = ({"available": -3500}, 0) if netted else ({}, 3500)
    version = rule_of(alice.program, **ALL)
    first = friends(alice, 1)[0]
    reward = Reward.objects.select_related("subject").get()
    ledger.move(reward, [(Leg.USE, 4000)])
    crediting.save([reward])
    ledger.post([ledger.Posting(reward, Leg.USE, 4000)], at=NOW)
    correct(version, olga, anna, policy="net" if netted else "waive")
    told = Correction.objects.get().difference
    assert (told["waived"], told["waived_rewards"]) == (({}, 0) if netted else ({"EUR": 3500}, 1)), "said beforehand"
    assert balances(alice.customer) == left
    reward.refresh_from_db()
    assert (reward.granted_minor, reward.waived_minor, crediting.held(reward)) == (500, waived, 500)
    tell(first, catalogue.CONVERSION_ADJUSTED)
    settle()
    assert balances(alice.customer) == left, "settled again it stays"
    told = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=first.public_id)
    said = [step["title"] for step in steps.of_money(parts.decided(told)) if "Waived" in step["title"]]
    assert said == ([] if netted else ["Waived: 35.00 EUR, alice (advocate)"])
    earned = earnings.by_conversion(advocate=alice, conversions=[first.public_id])[first.public_id]
    assert earned.waived is not netted, "its advocate reads it too"
    assert list(audit.differences()) == []


def test_the_portal_tells_a_correction_as_the_shops_own_and_how_it_is_paid_off(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    first = friends(alice, 1)[0]
    spend(alice, 5000)
    correct(version, olga, anna, policy="net")
    settle(at=LATER)
    lines = statement.lines(advocate=alice, before=None, at=LATER)[0]
    assert [(line.what, line.cause, line.available) for line in lines[:1]] == [
        ("Correction by the shop", "A friend’s order. What you get later pays it off.", "\N{MINUS SIGN}€45.00")
    ]
    assert {line.what for line in lines[1:]} == {"Spent", "Set aside", "Credited", "Promised"}
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle(at=LATER)
    assert statement.lines(advocate=alice, before=None, at=LATER)[0][0].what == "Taken back"


def spend(alice, amount):
    said = {"storefront": alice.storefront, "customer": alice.customer, "unit": "EUR", "amount_minor": amount}
    spent = redemptions.reserve(**said, at=NOW)
    return redemptions.confirm(redemption=spent, at=NOW)


def test_what_was_waived_is_taken_back_once_the_spending_is_undone(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    friends(alice, 1)
    spent = spend(alice, 5000)
    correct(version, olga, anna)
    assert balances(alice.customer) == {}
    redemptions.reverse(redemption=spent, amount_minor=1000, at=LATER)
    assert (balances(alice.customer), Reward.objects.get().waived_minor) == ({}, 3500)
    redemptions.reverse(redemption=spent, at=LATER)
    assert (balances(alice.customer), Reward.objects.get().waived_minor) == ({"available": 500}, 0)
    assert list(audit.differences()) == []
    *differences, _ = rebuild.verify()
    assert differences == []


def test_what_was_waived_is_not_paid_again_when_the_payout_is_returned(alice, olga, anna):
    cash = ALL | {"advocate_form": "cash"}
    version = rule_of(alice.program, **cash)
    friends(alice, 1)
    payouts_stage.payee_of(alice.customer)
    batch = payouts_stage.exported(payouts_stage.policy_of(alice.storefront), at=NOW)
    payouts_stage.said(batch, at=NOW, n1="paid")
    correct(version, olga, anna, benefits=terms(**cash | {"advocate_percent_bp": 1000})["benefits"])
    payouts_stage.said(batch, at=LATER, n1="returned")
    assert balances(alice.customer) == {"available": 500}
    assert list(audit.differences()) == []


def test_only_what_the_correction_lowered_is_waived(alice, olga, anna):
    version = rule_of(alice.program, **ALL)
    other = {"advocate_amount_minor": 3000, "friend_kind": "", "hold_days": 0, "minimum_order_minor": 0}
    rule_of(alice.program, name="Other", **other)
    first = friends(alice, 1)[0]
    spend(alice, 8000)
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    assert balances(alice.customer) == {"available": -4000}
    correct(version, olga, anna)
    waived = Reward.objects.order_by("rule").values_list("waived_minor", flat=True)
    assert (balances(alice.customer), list(waived)) == ({"available": -4000}, [2250, 0])
    assert list(audit.differences()) == []


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
