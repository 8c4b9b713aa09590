"""Tiers that are read as a whole: one top-up an advocate and period raises everything to the tier reached."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy.jobs import working
from advocacy.models import Job
from advocacy.outbox.drain import drain
from referrals import events as catalogue
from rewards import audit, corrections, rebuild, rulebook
from rewards.models import Counter, Decision, Reward, Subject
from rewards.settlement import closing
from tests import cast
from tests.rewards.audit_stage import spoil
from tests.rewards.scene import NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell
from tests.terms import terms as terms_of

pytestmark = pytest.mark.django_db
APRIL = datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC)
TIERS = {
    "measure": "conversions",
    "period": "month",
    "reading": "whole",
    "steps": [{"from": 1, "percent_bp": 500}, {"from": 3, "percent_bp": 1000}],
}
RULE = {"friend_kind": "", "advocate_kind": "tiered", "advocate_tiers": TIERS, "minimum_order_minor": 0, "hold_days": 0}


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def settle(at=NOW):
    while drain("money", at=at):
        pass


def friends(alice, count, **facts):
    brought = [conversion_of(alice, person(alice.storefront, f"friend {number}")) for number in range(count)]
    for conversion in brought:
        tell(conversion, **facts)
    settle()
    return brought


def test_each_conversion_is_paid_by_its_tier_and_topped_up_when_the_month_is_over(alice):
    rule_of(alice.program, **RULE)
    friends(alice, 3)
    assert balances(alice.customer) == {"available": 250 + 250 + 500}
    assert closing.close(at=NOW) == 0, "March goes on"
    assert closing.close(at=APRIL) == 1
    assert balances(alice.customer) == {"available": 1500}
    assert Decision.objects.latest("id").facts["missing_minor"] == 500
    assert closing.close(at=APRIL) == 0
    assert list(audit.differences()) == []
    asked = queries_of_the_audit()
    bella = alice_of(alice.program, "bella")
    for number in range(3):
        tell(conversion_of(bella, person(bella.storefront, f"bella's {number}")))
    settle()
    assert closing.close(at=APRIL) == 1
    assert queries_of_the_audit() == asked, "two top-ups are read at once"


def queries_of_the_audit():
    with CaptureQueriesContext(connection) as asked:
        assert list(audit.parts()["top-ups' amounts"]()) == []
    return len(asked)


def test_a_refund_in_a_closed_month_works_the_top_up_out_again(alice):
    rule_of(alice.program, **RULE)
    first, second, _ = friends(alice, 3)
    closing.close(at=APRIL)
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    assert closing.close(at=APRIL) == 1
    assert balances(alice.customer) == {"available": 250 + 500 + 500}, "half of the first"

    tell(second, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert closing.close(at=APRIL) == 1
    # Two are left, the third at the tier it was paid by: nobody takes that back.
    assert balances(alice.customer) == {"available": 125 + 500}
    assert Reward.objects.get(subject__trigger="tier").status == "reversed"
    tell(second, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 1250}
    assert list(audit.differences()) == []


def test_a_period_of_which_nothing_is_left_keeps_no_top_up(alice):
    rule_of(alice.program, **RULE)
    brought = friends(alice, 3)
    closing.close(at=APRIL)
    for conversion in brought:
        tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    closing.close(at=APRIL)
    assert balances(alice.customer) == {}


def test_a_top_up_stays_within_the_months_budget(alice):
    caps = [{"scope": "program", "period": "month", "measure": "amount", "limit": 1200, "side": ""}]
    rule_of(alice.program, **RULE, caps=caps)
    friends(alice, 3)
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 1200}
    assert Decision.objects.latest("id").verdicts[0]["reasons"] == {"advocate": ["budget_exhausted"]}
    assert list(audit.differences()) == []


def test_a_top_up_pays_what_the_limit_had_cut_out_of_room_that_came_back(alice):
    caps = [{"scope": "advocate", "period": "month", "measure": "amount", "limit": 1200, "side": ""}]
    rule_of(alice.program, **RULE, caps=caps)
    first, *_ = friends(alice, 4)
    tell(conversion_of(alice, person(alice.storefront, "gina")))
    settle()
    assert balances(alice.customer) == {"available": 250 + 250 + 500 + 200}, "the fourth is cut, the fifth gets nothing"
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {"available": 250 + 500 + 200}
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 1200}
    said = Decision.objects.latest("id").facts
    assert (said["position"], said["missing_minor"]) == (3, 250 + 300), "without the fifth"


@pytest.mark.parametrize(("dearest", "left"), [(1000, 0), (9000, 250)])
def test_a_correction_that_refuses_what_counted_takes_the_top_up_back(alice, dearest, left):
    version = rule_of(alice.program, **RULE)
    friends(alice, 2, goods_minor=1000)
    tell(conversion_of(alice, person(alice.storefront, "gina")), goods_minor=dearest)
    settle()
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 1500}
    correction = correct(version, {"minimum_order_minor": 5000})
    assert correction.difference["units"] == {"EUR": left - 1500}
    assert closing.close(at=APRIL) == 1
    assert sum(balances(alice.customer).values()) == left
    assert list(audit.differences()) == []
    assert [said for said in rebuild.verify() if isinstance(said, str)] == []


@pytest.fixture(params=["at once", "by a job"])
def paged(request, monkeypatch):
    if request.param == "by a job":
        monkeypatch.setattr("rewards.corrections.proposing.AT_ONCE", 0)
        monkeypatch.setattr("rewards.corrections.proposing.PAGES", 1)
        monkeypatch.setattr("rewards.settlement.decided.PAGE", 2)


LOW, HIGH = ({"steps": [{"from": 1, "percent_bp": 500}, {"from": 2, "percent_bp": share}]} for share in (800, 2000))
BUDGET = [{"scope": "program", "period": "month", "measure": "amount", "limit": 2000, "side": ""}]


@pytest.mark.parametrize(
    ("tiers", "caps", "left"),
    [
        (LOW, [], 3 * 400),
        (HIGH, [], 3 * 1000),
        (HIGH, BUDGET, 2000),
        ({"period": "year"}, [], 250 + 250 + 500),
        ({"reading": "marginal"}, [], 250 + 250 + 500),
    ],
)
def test_the_difference_of_a_correction_holds_what_it_makes_of_top_ups(alice, paged, tiers, caps, left):
    version = rule_of(alice.program, **RULE)
    friends(alice, 3)
    closing.close(at=APRIL)
    benefits = {"advocate": version.benefits["advocate"] | {"tiers": TIERS | tiers}}
    correction = correct(version, {"benefits": benefits, "caps": caps})
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": left}
    assert correction.difference["units"].get("EUR", 0) == left - 1500
    changes = correction.difference["biggest"]
    assert sum(each["after"] - each["before"] for each in changes) == left - 1500
    assert list(audit.differences()) == []


def correct(version, changes):
    hour = timedelta(hours=1)
    correction = corrections.propose(
        version=version,
        terms=changes,
        starts_at=NOW - hour,
        ends_at=NOW + hour,
        policy="net",
        reason="The minimum was forgotten.",
        by=cast.staff("anna"),
        at=APRIL,
    )
    if correction.state == "counting":
        work()
        correction.refresh_from_db()
    corrections.approve(correction=correction, by=cast.staff("olga"), at=APRIL)
    work()
    return correction


def work():
    job = Job.objects.latest("pk")
    while working.step(pk=job.pk, worker=None, first=True, at=APRIL):
        pass


def test_a_rule_that_was_edited_in_the_month_tops_up_by_its_newest_version_that_counts(alice):
    version = rule_of(alice.program, **RULE)
    friends(alice, 3)
    edited, later = terms_of(**RULE | {"hold_days": 1}), NOW + timedelta(days=2)
    day, hour = timedelta(days=1), timedelta(hours=1)
    rulebook.save(
        rule=version.rule,
        program=alice.program,
        name="Give 10",
        terms=edited,
        at=NOW + day,
        starts_at=NOW + day + hour,
        accepted=True,
    )
    last = conversion_of(alice, person(alice.storefront, "gina"))
    tell(last, at=later)
    settle(at=later)
    closing.close(at=APRIL)
    top_up = Reward.objects.get(subject__trigger="tier")
    assert (top_up.granted_minor, top_up.rule_version.number) == (500, 2)
    tell(last, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000, at=APRIL)
    settle(at=APRIL)
    closing.close(at=APRIL)
    top_up.refresh_from_db()
    assert (top_up.granted_minor, top_up.rule_version.number) == (500, 1)
    assert list(audit.differences()) == []


def test_a_month_that_nobody_worked_out_or_not_for_what_counts_now_is_found(alice):
    rule_of(alice.program, **RULE)
    first, *_ = friends(alice, 3)

    def differ(closed_at):
        Counter.objects.filter(cap="tier/conversions").update(closed_at=closed_at)
        return [said.partition(" 2026-03 ")[2] for said in audit.differences()]

    never = "which was no end of a period that was worked out."
    assert differ(NOW) == [f"was closed {NOW:%Y-%m-%d %H:%M:%S}+00:00, {never}"]
    assert differ(APRIL) == [f"was closed {APRIL:%Y-%m-%d %H:%M:%S}+00:00, {never}"]
    assert differ(None) == []
    closing.close(at=APRIL)
    assert differ(NOW) == [f"was closed {NOW:%Y-%m-%d %H:%M:%S}+00:00, {never}"]
    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert differ(APRIL) == [
        "was worked out at 3; what counts in the period is 2.",
        "was worked out to be 500; the period's conversions say 250.",
    ]


def test_a_top_up_of_another_amount_is_found_though_its_reward_agrees(alice):
    rule_of(alice.program, **RULE)
    friends(alice, 3)
    closing.close(at=APRIL)
    top_up = Subject.objects.get(trigger="tier").pk
    mine = f"WHERE subject_id = {top_up}"
    for said in (900, 500):
        facts = f"jsonb_set(facts, '{{missing_minor}}', '{said}')"
        spoil(f"UPDATE rewards_decision SET facts = {facts} {mine}")
        wrong = f"The top-up {top_up} of 2026-03 was worked out to be 900; the period's conversions say 500."
        assert list(audit.differences()) == ([wrong] if said > 500 else [])
    verdicts = "jsonb_set(verdicts, '{0,granted,advocate}', '900')"
    spoil(f"UPDATE rewards_decision SET verdicts = {verdicts} {mine}")
    spoil(f"UPDATE rewards_reward SET granted_minor = 900 {mine}")
    assert list(audit.parts()["top-ups' amounts"]()) == [
        f"The top-up {top_up} of 2026-03 grants 900; 500 were missing."
    ]


def test_revenue_tiers_are_topped_up_too(alice):
    tiers = TIERS | {"measure": "revenue", "steps": [{"from": 0, "percent_bp": 500}, {"from": 8000, "percent_bp": 800}]}
    rule_of(alice.program, **RULE | {"advocate_tiers": tiers})
    friends(alice, 2)
    assert balances(alice.customer) == {"available": 250 + 400}
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 800}


def test_a_top_up_waits_while_an_order_of_its_period_is_under_review(alice):
    rule_of(alice.program, **RULE)
    *_, last = friends(alice, 2) + friends_held(alice)
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 250 + 250, "pending": 500 + 500}
    tell(last, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle()
    closing.close(at=APRIL)
    assert balances(alice.customer) == {"available": 1500}
    assert list(audit.differences()) == []


def friends_held(alice):
    held = conversion_of(alice, person(alice.storefront, "held"))
    tell(held, advocate_review="held")
    settle()
    return [held]
