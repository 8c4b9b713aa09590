"""Who used a code whose reward was taken back owes it: the next rewards of that form pay it off, and bring no code."""

import pytest

from advocacy import merging
from config.portal import friends, statement
from config.timeline import parts, steps
from rewards import audit, earnings, explanations
from rewards.coupons import asking, pools, serving, using
from rewards.models import Coupon, Reward
from tests.rewards.coupon_stage import bring, pays_from, pool_of, refund, states, stock
from tests.rewards.scene import NOW, acme, alice_of, balances, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


def owing(alice, kind, used=None):
    """alice used a code of 10.00 EUR, or so much of it, and its order was given back then; conversion and pool."""
    pool = pool_of(alice.program, kind=kind)
    stock(pool, range(6))
    pays_from(pool)
    conversion, reward = bring(alice, "fred")
    using.use(coupon=Coupon.objects.get(reward=reward), amount_minor=used, at=NOW)
    refund(conversion)
    return conversion, pool


def theirs(alice):
    return {"customer": alice.customer, "program": alice.program}


def explained(conversion, alice):
    told = explanations.of_subject(storefront=alice.storefront, kind="conversion", public_id=conversion.public_id)
    return steps.of_money(parts.decided(told))


@pytest.mark.parametrize("kind", ["coupon", "gift_card"])
def test_the_next_reward_pays_off_the_debt_without_a_code_and_the_one_after_has_one(alice, kind):
    _, pool = owing(alice, kind)
    assert balances(alice.customer) == {"available": -1000}
    conversion, paying = bring(alice, "gina")
    assert (paying.status, paying.available_minor, paying.coupons.count()) == ("available", 1000, 0)
    assert balances(alice.customer) == {}
    assert (pools.waiting_of(**theirs(alice)).count(), pools.paying_of(**theirs(alice)).count()) == (0, 1)
    (line, *_), _ = statement.lines(advocate=alice, before=None, at=NOW)
    assert line.cause == "A friend’s order. No code: it pays off one that you used, whose reward was taken back."
    earned = earnings.by_conversion(advocate=alice, conversions=[conversion.public_id])
    assert friends.credited_words([*earned.values()], zone="UTC", at=NOW) == line.cause
    said = explained(conversion, alice)
    assert [step["detail"] for step in said if step["title"].startswith("Credited")] == [
        "Without a code: it pays off one that was used and whose reward was taken back."
    ]
    assert serving.serve(at=NOW) == 0
    _, next_one = bring(alice, "hans")
    assert next_one.coupons.get().state == "assigned"
    assert states(pool) == {"used": 1, "assigned": 1, "free": 4}
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


def test_what_paid_off_a_debt_gets_its_code_when_the_refund_is_undone(alice):
    conversion, _ = owing(alice, "coupon")
    _, paying = bring(alice, "gina")
    refund(conversion, 0)
    assert serving.serve(at=NOW) == 1
    paying.refresh_from_db()
    assert (paying.coupons.get().state, paying.waits_for_code) == ("assigned", False)
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


def test_of_a_card_that_was_used_in_part_only_that_part_is_owed_and_the_rest_waits(alice):
    conversion, pool = owing(alice, "gift_card", used=400)
    assert (balances(alice.customer), states(pool)) == ({"available": -400}, {"revoked": 1, "free": 5})
    _, paying = bring(alice, "gina")
    assert (balances(alice.customer), paying.coupons.count()) == ({"available": 600}, 0)
    assert bring(alice, "hans")[1].coupons.count() == 1
    refund(conversion, 0)
    assert serving.serve(at=NOW) == 1
    assert sorted(asking.left(each) for each in Coupon.objects.filter(state="assigned")) == [600, 1000, 1000]
    assert states(pool) == {"revoked": 1, "assigned": 3, "free": 2}
    assert balances(alice.customer) == {"available": 2600}
    assert list(audit.differences()) == []


def test_a_card_whose_refund_is_undone_is_replaced_at_once_by_one_of_what_was_left(alice):
    conversion, _ = owing(alice, "gift_card", used=400)
    refund(conversion, 0)
    assert asking.left(Coupon.objects.get(state="assigned")) == 600
    assert list(audit.differences()) == []


def test_who_owes_keeps_nobody_waiting_and_pays_also_when_the_pool_was_empty(alice):
    _, pool = owing(alice, "coupon")
    Coupon.objects.filter(state="free").delete()
    _, paying = bring(alice, "gina")
    assert paying.status == "available"
    _, waiting = bring(alice, "hans")
    assert (waiting.status, waiting.held_by) == ("pending", "pool_empty")
    assert stock(pool, [10]).served == 1
    assert Reward.objects.get(pk=waiting.pk).coupons.get().last_4 == "0010"
    assert list(audit.differences()) == []


def test_what_either_record_of_a_person_owes_the_other_pays_off_until_they_are_parted(alice):
    _, pool = owing(alice, "coupon")
    bella = alice_of(alice.program, "bella")
    made, _ = merging.merge(survivor=alice.customer, merged=bella.customer, source="api", at=NOW)
    _, paying = bring(bella, "gina")
    assert (paying.available_minor, paying.coupons.count(), serving.serve(at=NOW)) == (1000, 0, 0)
    assert pools.paying_of(customer=bella.customer, program=alice.program).get() == paying
    _, next_one = bring(bella, "hans")
    assert next_one.coupons.get().state == "assigned"
    merging.undo(merge=made, reason="Two people", at=NOW)
    assert serving.serve(at=NOW) == 1
    paying.refresh_from_db()
    assert (paying.coupons.get().state, states(pool)) == ("assigned", {"used": 1, "assigned": 2, "free": 3})
    assert list(audit.differences()) == []
