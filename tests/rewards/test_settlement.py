"""Decide, post the difference, release: through the event log's own drain, in PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from advocacy.models import AdvocateStatus, Event, Offer, Pending
from advocacy.outbox.drain import drain
from advocacy.refusals import Refused
from referrals import events as catalogue
from rewards import audit, crediting, rulebook, tasks, verdicts, wallets
from rewards.models import Counter, Decision, Reward, RuleVersion, Subject, Transfer
from tests.rewards.scene import GIVE_10, NOW, acme, alice_of, balances, conversion_of, person, program_of, rule_of, tell
from tests.terms import terms

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=14)


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def alice(program):
    return alice_of(program)


@pytest.fixture
def fred(program):
    return person(program.storefront, "fred")


def settle(at=NOW):
    while drain("money", at=at):
        pass


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


def test_without_a_hold_it_is_credited_at_once(program, alice, fred):
    rule_of(program, hold_days=0)
    tell(conversion_of(alice, fred))
    settle()
    assert balances(alice.customer) == {"available": 1000}
    assert list(Transfer.objects.filter(reward__recipient=fred).order_by("id").values_list("leg", flat=True)) == [
        "grant",
        "release",
    ]


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


def test_a_refund_takes_its_share_first_from_pending_then_from_available(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=1000)
    settle()
    assert balances(alice.customer) == {"pending": 800}
    crediting.release(at=DUE)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=3333)
    settle(at=DUE)
    assert balances(alice.customer) == {"available": 333}
    assert balances(fred) == {"available": 167}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle(at=DUE)
    assert balances(alice.customer) == balances(fred) == {}
    assert set(Reward.objects.values_list("status", flat=True)) == {"reversed"}


def test_the_grant_is_made_on_the_order_before_refunds_so_an_undone_refund_restores_it(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    assert set(Reward.objects.values_list("granted_minor", "status")) == {(1000, "reversed"), (500, "reversed")}
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_a_refund_after_the_grant_can_be_undone(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_the_first_order_is_paid_once_and_its_room_comes_back_when_it_is_refunded(program, alice, fred):
    rule_of(program)
    first, second, third = (conversion_of(alice, fred) for _ in range(3))
    tell(first)
    tell(second, sequence=2)
    settle()
    assert balances(alice.customer) == {"pending": 1000}
    assert Decision.objects.get(subject__public_id=second.public_id).verdicts[0]["refusal"] == ["not_first_order"]

    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    tell(third, sequence=3)
    settle()
    assert balances(alice.customer) == {"pending": 1000}

    tell(first, catalogue.CONVERSION_ADJUSTED, refunded_minor=0)
    settle()
    assert balances(alice.customer) == {"pending": 1000}, "the third order has the room now"
    assert Counter.objects.get().used == 1


def test_an_order_below_the_minimum_does_not_use_up_the_first_order(program, alice, fred):
    rule_of(program)
    tell(conversion_of(alice, fred), goods_minor=100)
    tell(conversion_of(alice, fred), sequence=2)
    settle()
    assert balances(alice.customer) == {"pending": 1000}


def test_a_held_side_is_not_credited_until_it_is_released_and_the_other_side_is(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion, advocate_review="held")
    settle()
    crediting.release(at=DUE)
    assert balances(alice.customer) == {"pending": 1000}
    assert balances(fred) == {"available": 500}
    tell(conversion, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle(at=DUE)
    assert balances(alice.customer) == {"available": 1000}


def test_a_rejection_takes_one_side_back_and_its_undoing_restores_it(program, alice, fred):
    rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_REJECTED, advocate_review="rejected")
    settle()
    assert (balances(alice.customer), balances(fred)) == ({}, {"pending": 500})
    tell(conversion, catalogue.CONVERSION_RELEASED, advocate_review="clear")
    settle()
    assert balances(alice.customer) == {"pending": 1000}


@pytest.mark.parametrize("status", [AdvocateStatus.PAUSED, AdvocateStatus.BANNED])
def test_a_paused_or_banned_advocate_waits_and_the_friend_does_not(program, alice, fred, status):
    rule_of(program)
    tell(conversion_of(alice, fred))
    settle()
    alice.status = status
    alice.save()
    crediting.release(at=DUE)
    assert (balances(alice.customer), balances(fred)) == ({"pending": 1000}, {"available": 500})
    coming = wallets.balance(storefront=program.storefront, customer=alice.customer)[0].coming
    assert coming == [wallets.Coming(1000, None)], "nobody can say when"
    assert Reward.objects.get(side="advocate").held_by == f"advocate_{status}"
    alice.status = AdvocateStatus.ACTIVE
    alice.save()
    crediting.release(at=DUE)
    assert balances(alice.customer) == {"available": 1000}


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


def test_what_an_archived_rule_granted_is_taken_back_by_a_refund(program, alice, fred):
    version = rule_of(program)
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    rulebook.archive(rule=version.rule, at=NOW - timedelta(seconds=30))
    assert RuleVersion.objects.get().ends_at < NOW, "over before the conversion, were it settled only now"
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=5000)
    settle()
    assert balances(alice.customer) == {}
    assert list(audit.differences()) == []


def test_a_partial_refund_that_leaves_nothing_to_a_side_does_not_give_the_first_order_back(program, alice, fred):
    rule_of(program, advocate_amount_minor=1, friend_kind="")
    conversion = conversion_of(alice, fred)
    tell(conversion)
    settle()
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=4000)
    settle()
    assert balances(alice.customer) == {}
    assert Counter.objects.get().used == 1


def test_one_reward_that_cannot_be_credited_does_not_keep_the_others(program, alice, fred, monkeypatch):
    rule_of(program)
    bad = conversion_of(alice, fred)
    tell(bad)
    tell(conversion_of(alice, person(program.storefront, "gina")))
    settle()

    def post(postings, *, at):
        if any(posting.reward.subject.public_id == bad.public_id for posting in postings):
            raise ZeroDivisionError("bad")
        return ledger_post(postings, at=at)

    ledger_post = crediting.ledger.post
    monkeypatch.setattr(crediting.ledger, "post", post)
    assert crediting.release(at=DUE) == 2
    assert balances(alice.customer) == {"pending": 1000, "available": 1000}


def test_the_task_credits_what_is_due_batch_by_batch(program, alice, fred):
    rule_of(program, hold_days=1)
    tell(conversion_of(alice, fred))
    settle()
    tasks.release()
    assert balances(alice.customer) == {"available": 1000}


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


# --- what the database itself refuses ------------------------------------------------------------------------------


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


def test_a_rule_version_is_not_changed(program):
    rule_of(program)
    with pytest.raises(DatabaseError, match="save the rule to make a new version"):
        RuleVersion.objects.update(minimum_order_minor=1)


# --- the rule book -------------------------------------------------------------------------------------------------


def test_a_saved_version_writes_down_what_it_promises(program):
    version = rule_of(program)
    friend = Offer.objects.get(side="friend")
    assert (friend.amount_minor, friend.unit, friend.minimum_order_minor, friend.hold_days) == (500, "EUR", 2000, 14)
    rulebook.archive(rule=version.rule, at=NOW)
    assert Offer.objects.filter(ends_at=NOW + rulebook.NOTICE).count() == 2


def test_a_rule_does_not_start_in_the_past_by_itself(program):
    with pytest.raises(Refused) as refusal:
        rulebook.save(program=program, name="Give 10", terms=terms(**GIVE_10), at=NOW, starts_at=NOW)
    assert refusal.value.code == "starts_too_early"
    assert RuleVersion.objects.count() == 0


def test_a_rule_says_itself_in_a_sentence(program):
    assert rulebook.sentence(rule_of(program), currency="EUR") == (
        "Give the advocate 10.00 EUR and the friend 5.00 EUR for a friend’s first order of 20.00 EUR or more, "
        "14 days after the payment."
    )


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"advocate_amount_minor": 0}, "advocate_amount_minor"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 10_001}, "advocate_percent_bp"),
        ({"advocate_kind": "percent", "advocate_percent_bp": 1, "advocate_maximum_minor": 0}, "advocate_maximum_minor"),
        ({"advocate_kind": "", "friend_kind": ""}, "benefits"),
    ],
)
def test_an_impossible_rule_is_refused_by_its_field(program, terms, field):
    with pytest.raises(Refused) as refusal:
        rule_of(program, **terms)
    assert field in refusal.value.errors


def test_settling_asks_the_same_number_of_questions_for_few_as_for_many(program, alice):
    rule_of(program)

    def queries(count):
        for number in range(count):
            tell(conversion_of(alice, person(program.storefront, f"friend {count} {number}")))
        with connection.execute_wrapper(counted := Counted()):
            settle()
        return counted.number

    assert queries(2) == queries(40)


class Counted:
    number = 0

    def __call__(self, execute, *arguments):
        self.number += 1
        return execute(*arguments)
