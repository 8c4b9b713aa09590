"""Settled again from what was entered, the same comes out; what was changed behind the verbs' backs is found."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction

from advocacy import enrolment
from advocacy.jobs import working
from advocacy.models import AdvocateStatus, Job, Program, Reckoning, Storefront
from referrals import events as catalogue
from rewards import adjustments, audit, corrections, crediting, expiry, redemptions, rulebook
from rewards.models import Decision, Reward, Transfer
from rewards.rebuild import stage
from rewards.settlement import closing
from tests import cast
from tests.rewards.audit_stage import spoil
from tests.rewards.coupon_stage import pays_from, pool_of, stock
from tests.rewards.payouts_stage import exported, payee_of, policy_of, said
from tests.rewards.scene import GIVE_10, NOW, acme, alice_of, conversion_of, person, program_of, rule_of, settle, tell
from tests.rewards.wallet_scene import lot
from tests.terms import terms

pytestmark = pytest.mark.django_db
CAP = {"scope": "advocate", "period": "month", "measure": "count", "limit": 3, "side": ""}
CASH = {"advocate_form": "cash", "friend_kind": "", "frequency": "every_order", "hold_days": 0}
# April's last moment in Berlin.
MAY = datetime(2026, 4, 30, 21, 59, 59, 999999, tzinfo=UTC)
TIERS = {
    "measure": "conversions",
    "period": "month",
    "reading": "whole",
    "steps": [{"from": 1, "percent_bp": 100}, {"from": 3, "percent_bp": 200}],
}


class Clock:
    """Time goes on with every act, as outside of tests."""

    at = NOW

    def tick(self, **passed):
        self.at += timedelta(**passed or {"seconds": 1})
        return self.at


def story():
    """Four friends, a refund and its undoing, a rejection, a cap, a milestone, tiers, a code, spending and a payout."""
    clock, program = Clock(), program_of(acme())
    alice = alice_of(program)
    first = rule_of(program, caps=[CAP], expires_days=10, hold_days=14)
    rule_of(program, "Every 2", milestone_every=2, friend_kind="", hold_days=0)
    cash = rule_of(program, "Cash", **CASH)
    rule_of(program, "Tiers", advocate_kind="tiered", advocate_tiers=TIERS, friend_kind="", hold_days=0)
    pool = pool_of(program)
    stock(pool, range(3))
    pays_from(pool, side="friend")
    friends = [person(program.storefront, f"friend {number}") for number in range(5)]
    conversions = [_buys(alice, friend, clock) for friend in friends]
    _change(conversions[0], clock, refunded_minor=2500)
    held = {f"{side}_review": "held" for side in ("advocate", "friend")}
    _change(conversions[0], clock, catalogue.CONVERSION_HELD, **held)
    _change(conversions[1], clock, refunded_minor=5000)
    _change(conversions[1], clock, refunded_minor=0)
    rejected = {f"{side}_review": "rejected" for side in ("advocate", "friend")}
    _change(conversions[2], clock, catalogue.CONVERSION_REJECTED, **rejected)
    enrolment.set_status(advocate=alice, status=AdvocateStatus.PAUSED, at=clock.tick())
    crediting.release(at=clock.tick(days=15))
    enrolment.set_status(advocate=alice, status=AdvocateStatus.ACTIVE, at=clock.tick())
    settle(at=clock.tick())
    crediting.release(at=clock.tick(days=1))
    clear = {f"{side}_review": "clear" for side in ("advocate", "friend")}
    _change(conversions[0], clock, catalogue.CONVERSION_RELEASED, **clear)
    lot(program, alice.customer, 700, at=clock.tick())
    asked = {"storefront": program.storefront, "customer": alice.customer, "unit": "EUR", "amount_minor": 900}
    spent = redemptions.reserve(**asked, at=clock.tick())
    redemptions.confirm(redemption=spent, at=clock.tick())
    redemptions.reverse(redemption=spent, amount_minor=300, at=clock.tick())
    adjustments.take(
        program=program, customer=alice.customer, form="credit", amount_minor=50, reason="For the test", at=clock.tick()
    )
    payee_of(alice.customer)
    batch = exported(policy_of(program.storefront), at=clock.tick())
    said(batch, at=clock.tick(), n1="paid")
    _correct(cash, clock)
    rulebook.save(program=program, rule=first.rule, name="Give 20", terms=_doubled(), at=clock.tick())
    clock.tick(seconds=20)
    _buys(alice, person(program.storefront, "late"), clock)
    closing.close(at=clock.tick(days=20))
    expiry.expire(at=clock.tick(days=20))
    _change(conversions[0], clock, refunded_minor=5000)
    closing.close(at=clock.tick())
    return alice


def _correct(version, clock):
    """The advocate should have got 8.00 in cash."""
    correction = corrections.propose(
        version=version,
        terms={"benefits": terms(**CASH | {"advocate_amount_minor": 800})["benefits"]},
        starts_at=NOW,
        ends_at=NOW + timedelta(seconds=6),
        policy="waive",
        reason="Typed wrongly",
        by=cast.staff("anna"),
        at=clock.tick(),
    )
    corrections.approve(correction=correction, by=cast.olga(), at=clock.tick())
    while working.step(pk=Job.objects.latest("pk").pk, worker=None, first=True, at=clock.tick()):
        pass


def _doubled():
    return terms(**GIVE_10 | {"advocate_amount_minor": 2000, "caps": [CAP]})


def _buys(alice, friend, clock):
    conversion, at = conversion_of(alice, friend), clock.tick()
    tell(conversion, at=at, paid_at=at.isoformat(), placed_at=at.isoformat(), converted_at=at.isoformat())
    settle(at=clock.tick())
    return conversion


def _change(conversion, clock, type=catalogue.CONVERSION_ADJUSTED, **facts):
    tell(conversion, type, at=clock.tick(), **facts)
    settle(at=clock.tick())


def rebuilt():
    """``(exit code, lines)``."""
    told = StringIO()
    try:
        call_command("rebuild", "--verify", stdout=told)
    except CommandError as error:
        return error.returncode, told.getvalue().splitlines()
    return 0, told.getvalue().splitlines()


def counts():
    return [model.objects.count() for model in (Decision, Reward, Transfer)]


def test_settled_again_nothing_differs_and_nothing_was_touched():
    story()
    assert list(audit.differences()) == []
    assert Reward.objects.filter(waived_minor__gt=0).exists(), "the correction came after the payout"
    before = counts()
    code, lines = rebuilt()
    assert (code, lines[-1]) == (0, f"{before[0]} decisions and {_moves()} moves were made again: nothing differs.")
    assert counts() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")
        assert cursor.fetchone() == (0,)


def _moves():
    return Transfer.objects.values("reward", "reward_version").distinct().count()


def test_what_a_program_counted_by_then_is_taken_as_it_was():
    """The zone moves an order into the next month, whose cap is full, and points are worth something else."""
    clock, program = Clock(), program_of(acme(), points_per_unit=100)
    clock.at = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    alice, alone = alice_of(program), CAP | {"limit": 1}
    points = {"advocate_kind": "percent", "advocate_percent_bp": 1000, "advocate_form": "points", "friend_kind": ""}
    rule_of(program, "Points", frequency="every_order", **points, caps=[alone])
    from_two = TIERS | {"steps": [{"from": 1, "percent_bp": 100}, {"from": 2, "percent_bp": 200}]}
    tiers = {"frequency": "every_order", "advocate_kind": "tiered", "advocate_tiers": from_two, "friend_kind": ""}
    rule_of(program, "Tiers", **tiers, hold_days=0)
    march = _buys(alice, person(program.storefront, "fred"), clock)
    clock.tick(days=1)
    _buys(alice, person(program.storefront, "gina"), clock)
    Program.objects.update(points_per_unit=10, time_zone="Europe/Berlin")
    Reckoning.objects.update(until=clock.tick())
    _change(march, clock, refunded_minor=2500)
    hugo = _buys(alice, person(program.storefront, "hugo"), clock)
    assert list(Reward.objects.filter(form="points").order_by("pk").values_list("granted_minor", "pending_minor")) == [
        (500, 250),
        (500, 500),
    ]
    closing.close(at=clock.tick(days=31))
    topped = Reward.objects.filter(subject__trigger="tier")
    assert list(topped.values_list("subject__occurred_at", "available_minor")) == [(MAY, 50)]
    _change(hugo, clock, refunded_minor=5000)
    closing.close(at=clock.tick())
    assert list(topped.values_list("available_minor", flat=True)) == [0]
    assert list(audit.differences()) == []
    assert rebuilt()[0] == 0, rebuilt()[1]


def test_a_twin_whose_clock_is_ahead_takes_no_live_month_with_it():
    """Its month is over; the live one is not, and what is entered live later is not known yet."""
    clock, live = Clock(), acme()
    twin = Storefront.objects.create(name="Acme (test)", slug="acme-test", test_twin_of=live)
    tiered = {"frequency": "every_order", "advocate_kind": "tiered", "advocate_tiers": TIERS, "friend_kind": ""}
    alices = []
    for storefront in (live, twin):
        program = program_of(storefront)
        rule_of(program, **tiered, hold_days=0)
        alices.append(alice_of(program, "alice"))
        for number in range(3):
            _buys(alices[-1], person(storefront, f"friend {number}"), clock)
    assert closing.close(at=clock.at + timedelta(days=40), storefront=twin) == 1
    _buys(alices[0], person(live, "late"), clock)
    late = {"terms": terms(**GIVE_10), "starts_at": NOW - timedelta(days=365), "from_the_past": True}
    rulebook.save(program=alices[0].program, name="Late", at=clock.tick(), accepted=True, **late)
    assert Reward.objects.filter(subject__trigger="tier").get().storefront == twin
    assert rebuilt()[0] == 0, rebuilt()[1]


def test_whoever_waited_for_a_lock_comes_after_whoever_had_it_though_its_clock_says_before():
    clock, program = Clock(), program_of(acme())
    rule_of(program, **GIVE_10 | {"hold_days": 1})
    conversion = _buys(alice_of(program), person(program.storefront, "fred"), clock)
    tell(conversion, catalogue.CONVERSION_ADJUSTED, at=clock.tick(days=2), refunded_minor=2500)
    waits = clock.tick()
    crediting.release(at=clock.tick())
    settle(at=waits)
    legs = Transfer.objects.filter(reward__side="advocate").order_by("pk")
    assert list(legs.values_list("leg", "decided")) == [("grant", 1), ("release", 1), ("take_available", 2)]
    assert rebuilt()[0] == 0, rebuilt()[1]


SPOILT = {
    "UPDATE rewards_reward SET granted_minor = granted_minor + 1 WHERE form = 'cash'": "is granted_minor 801, not 800.",
    "UPDATE rewards_transfer SET amount_minor = 999 WHERE id = (SELECT MIN(id) FROM rewards_transfer)": "999, not 1000",
    "UPDATE rewards_account SET balance_minor = 1 WHERE kind = 'reserved'": "The balance (reserved, credit, EUR) of",
    "UPDATE rewards_counter SET used = used + 1 WHERE cap = 'friends'": "is used 5, not 4.",
    "UPDATE rewards_decision SET verdicts = jsonb_set(verdicts, '{0,owed,friend}', '1') WHERE id = "
    "(SELECT MIN(id) FROM rewards_decision)": 'is verdicts [{"owed": {"friend": 1,',
}


def test_what_was_changed_behind_the_verbs_is_found():
    """All at once: each of these sentences tells of its own change, and to settle everything again takes long."""
    story()
    for statement in SPOILT:
        spoil(statement)
    code, lines = rebuilt()
    assert code == 1
    assert [sentence for sentence in SPOILT.values() if not any(sentence in line for line in lines)] == []


def test_a_real_row_cannot_be_written_meanwhile():
    with stage.tables() as live, connection.cursor() as cursor:
        cursor.execute("UPDATE rewards_reward SET status = 'paid'")
        with pytest.raises(InternalError, match="read-only"), transaction.atomic():
            cursor.execute(f"UPDATE {live}.rewards_reward SET status = 'paid'")


def test_it_says_what_to_say():
    with pytest.raises(CommandError, match="Say --verify"):
        call_command("rebuild")
