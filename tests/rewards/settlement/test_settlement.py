"""Decide and post the difference: through the event log's own drain, in PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from advocacy.models import Event, Pending
from referrals import events as catalogue
from rewards import crediting, rulebook, verdicts
from rewards.models import Decision, Reward, Subject, Transfer
from tests.rewards.scene import (
    GIVE_10,
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
DUE = NOW + timedelta(days=14)


def test_a_conversion_pays_both_sides_into_pending_and_credits_them_when_the_hold_is_over(program, alice, fred):
    rule_of(program)
    tell(conversion_of(alice, fred))
    settle()
    assert balances(alice.customer) == {"pending": 1000}
    assert balances(fred) == {"pending": 500}

    assert crediting.release(at=DUE - timedelta(seconds=1)) == 0
    assert crediting.release(at=DUE) == 2
    assert balances(alice.customer) == {"available": 1000}
    assert balances(fred) == {"available": 500}
    assert crediting.release(at=DUE) == 0
    told = list(Event.objects.filter(subject_kind="reward").order_by("id").values_list("type", flat=True))
    assert told == ["reward.pending", "reward.pending", "reward.credited", "reward.credited"]


def test_a_refusal_is_a_decision_too(program, alice, fred):
    rule_of(program)
    tell(conversion_of(alice, fred), goods_minor=1999)
    settle()
    verdict = verdicts.read(Decision.objects.get().verdicts)[0]
    assert verdict["reasons"] == {"advocate": ["below_minimum"], "friend": ["below_minimum"]}
    failed = [check for check in verdict["checks"] if not check["passed"]]
    assert [(check["reason"], check["threshold"], check["input"]) for check in failed] == [
        ("below_minimum", 2000, 1999)
    ]
    assert Reward.objects.count() == Transfer.objects.count() == 0


def test_a_repeated_event_changes_nothing(program, alice, fred):
    rule_of(program)
    event = tell(conversion_of(alice, fred))
    settle()
    before = (Transfer.objects.count(), Decision.objects.count(), Event.objects.count())
    Pending.objects.create(event=event, storefront=program.storefront, lane="money")
    settle()
    assert (Transfer.objects.count(), Decision.objects.count(), Event.objects.count()) == before
    assert balances(alice.customer) == {"pending": 1000}


def test_only_the_newest_of_several_waiting_versions_is_settled(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    assert balances(alice.customer) == {"pending": 500}
    assert [decision.version for decision in Decision.objects.all()] == [2]


@pytest.mark.parametrize("prompt", [True, False])
def test_a_late_worker_grants_what_a_prompt_one_would_have(program, alice, fred, prompt):
    rule_of(program, friend_kind="percent", friend_percent_bp=1000)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    if prompt:
        settle()
    changed = {"goods_minor": 100, "revenue_minor": 90_000, "program_status": "paused", "advocate_status": "banned"}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, **changed)
    settle()
    assert (balances(alice.customer), balances(fred)) == ({"pending": 1000}, {"pending": 500})


def test_an_older_version_that_comes_late_changes_nothing(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    first = tell(conversion)
    late = Pending.objects.get(event=first, lane="money")
    late.delete()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=2500)
    settle()
    Pending.objects.create(event=first, storefront=program.storefront, lane="money")
    settle()
    assert balances(alice.customer) == {"pending": 500}


def test_an_order_below_the_minimum_does_not_use_up_the_first_order(program, alice, fred):
    rule_of(program)
    tell(conversion_of(alice, fred), goods_minor=100)
    tell(conversion_of(alice, fred), sequence=2)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_the_version_in_force_when_the_order_was_paid_decides(program, alice, fred):
    first = rule_of(program)
    changed = rulebook.save(
        program=program,
        rule=first.rule,
        name="Give 20",
        terms=terms(**GIVE_10 | {"advocate_amount_minor": 2000}),
        at=NOW,
        starts_at=NOW + timedelta(minutes=1),
    )
    tell(conversion_of(alice, fred))
    george = person(program.storefront, "george")
    later = NOW + timedelta(minutes=1)
    tell(conversion_of(alice, george), at=later, converted_at=later.isoformat())
    settle(at=later)
    assert balances(alice.customer) == {"pending": 3000}
    versions = Reward.objects.filter(side="advocate").order_by("id").values_list("rule_version_id", flat=True)
    assert list(versions) == [first.pk, changed.pk]


def test_two_rules_stack_and_each_is_explained(program, alice, fred):
    rule_of(program)
    rule_of(
        program, frequency="every_order", advocate_kind="percent", advocate_percent_bp=500, friend_kind="", hold_days=0
    )
    tell(conversion_of(alice, fred))
    settle()
    assert balances(alice.customer) == {"pending": 1000, "available": 250}
    assert len(Decision.objects.get().verdicts) == 2


def test_a_rule_that_comes_later_for_the_past_does_not_pay_what_was_settled_before(program, alice, fred):
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    rule_of(program)
    tell(conversion, catalogue.CONVERSION_ADJUSTED)
    settle()
    assert balances(alice.customer) == {}
    newest = Decision.objects.order_by("-number").first()
    assert newest.verdicts[0]["refusal"] == ["rule_not_in_force"]


def test_subjects_of_two_storefronts_with_one_id_are_told_apart(program, alice, fred):
    rule_of(program)
    elsewhere = program_of(acme("rival"))
    carol = alice_of(elsewhere, "carol")
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    Subject.objects.create(
        storefront=elsewhere.storefront,
        program=elsewhere,
        trigger="conversion.recorded",
        kind="conversion",
        public_id=conversion.public_id,
        occurred_at=NOW,
    )
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    assert balances(carol.customer) == {}


@pytest.mark.parametrize("change", ["update", "delete"])
@pytest.mark.parametrize("model", [Transfer, Decision, Event])
def test_what_happened_is_not_changed(program, alice, fred, model, change):
    rule_of(program)
    tell(conversion_of(alice, fred))
    settle()
    table = model._meta.db_table
    statement = f"UPDATE {table} SET id = id" if change == "update" else f"DELETE FROM {table}"
    with pytest.raises(DatabaseError, match="Cannot update or delete rows"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_settling_asks_the_same_number_of_questions_for_few_as_for_many(program, alice):
    rule_of(program)

    def queries(count):
        for number in range(count):
            tell(conversion_of(alice, person(program.storefront, f"friend {count} {number}")))
        with connection.execute_wrapper(counted := Counted()):
            settle()
        return counted.number

    queries(1)  # the rules are read once
    assert queries(2) == queries(8)
    # So many are written by COPY, and what waits for their events by a statement of its own.
    assert queries(20) == queries(40)


class Counted:
    number = 0

    def __call__(self, execute, *arguments):
        self.number += 1
        return execute(*arguments)
