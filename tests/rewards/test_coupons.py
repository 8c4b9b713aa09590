"""A reward in codes: each gets one of its own, waits where there is none, and gives it back while it is unused."""

from datetime import timedelta

import pytest

from advocacy.jobs import working
from advocacy.models import Event, Job, JobState
from advocacy.outbox import drain
from advocacy.refusals import Conflict, Refused
from advocacy.resealing import reseal
from referrals import events as catalogue
from rewards import adjustments, audit, crediting, expiry
from rewards.coupons import codes, ending, pools, serving, uploading, using
from rewards.models import Coupon, CouponUpload, Reward
from tests.rewards.coupon_stage import code, pays_from, pool_of, states, stock
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    balances,
    conversion_of,
    person,
    program_of,
    tell,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def pool(alice):
    return pool_of(alice.program)


def settle(at=NOW):
    while drain.drain("money", at=at):
        pass


def bring(alice, name):
    """A friend who buys; alice's reward for it, settled."""
    conversion = conversion_of(alice, person(alice.storefront, name))
    tell(conversion)
    settle()
    return conversion, Reward.objects.get(subject__public_id=conversion.public_id)


def refund(conversion, amount=5000):
    tell(conversion, catalogue.CONVERSION_ADJUSTED, refunded_minor=amount)
    settle()


def told(kind):
    return [event.facts for event in Event.objects.filter(type=kind).order_by("id")]


def test_a_credited_reward_has_the_oldest_code_of_its_pool(alice, pool):
    stock(pool, range(3))
    pays_from(pool)
    _, reward = bring(alice, "fred")
    mine = Coupon.objects.get(reward=reward)
    assert (mine.state, mine.customer, codes.shown(mine), mine.last_4) == ("assigned", alice.customer, code(0), "0000")
    assert (reward.status, reward.waits_for_code) == ("available", False)
    assert balances(alice.customer) == {"available": 1000}
    assert states(pool) == {"assigned": 1, "free": 2}
    [facts] = told("coupon.issued")
    assert (facts["coupon"], facts["reward"]) == (str(mine.public_id), str(reward.public_id))
    assert code(0) not in str(facts)


def test_codes_are_nowhere_in_the_database_as_they_are(alice, pool):
    stock(pool, [7])
    row = Coupon.objects.get()
    assert code(7).encode() not in bytes(row.code) + bytes(row.fingerprint)


def test_resealing_keeps_codes_findable_in_any_case(alice, pool, settings):
    uploading.numbered(pool=pool, lines=[(2, "MixedCase-1")], at=NOW)
    settings.ENCRYPTION_KEYS = ["c2VjcmV0LWtleS1vZi10aGlydHktdHdvLWJ5dGVzISE="]
    with pytest.raises(Exception, match="opens this"):
        reseal([Coupon])
    settings.ENCRYPTION_KEYS = []
    assert reseal([Coupon]) == {"rewards.Coupon": 1}
    assert codes.shown(Coupon.objects.get(fingerprint=codes.fingerprint("mixedcase-1"))) == "MixedCase-1"


def test_without_a_code_the_reward_waits_and_is_served_by_the_next_upload_oldest_first(alice, pool):
    pays_from(pool)
    waiting = [bring(alice, name)[1] for name in ("fred", "gina", "hans")]
    assert {(each.status, each.held_by, each.pending_minor) for each in waiting} == {("pending", "pool_empty", 1000)}
    assert crediting.release(at=NOW + DAY) == 0
    assert stock(pool, range(2), at=NOW + DAY).served == 2
    served = Coupon.objects.filter(state="assigned").order_by("id").values_list("reward", flat=True)
    assert list(served) == [waiting[0].pk, waiting[1].pk]
    assert balances(alice.customer) == {"pending": 1000, "available": 2000}
    waiting[2].refresh_from_db()
    assert (waiting[2].status, waiting[2].waits_for_code) == ("pending", True)
    assert list(audit.differences()) == []


def test_who_comes_while_others_wait_waits_behind_them(alice, pool):
    pays_from(pool)
    first = bring(alice, "fred")[1]
    Coupon.objects.bulk_create([codes.row(pool, code(1), at=NOW)])  # as if an upload had not served anybody yet
    second = bring(alice, "gina")[1]
    assert second.waits_for_code
    assert serving.serve(at=NOW) == 1
    assert Coupon.objects.get().reward == first


def test_who_waits_for_an_empty_pool_is_not_read_until_it_has_codes(alice, pool, django_assert_num_queries):
    other = pool_of(alice.program, "Nobody's")
    pays_from(pool)
    pays_from(other, side="friend", trigger="referral.created")
    bring(alice, "fred")
    stock(other, [1])
    with django_assert_num_queries(3):  # which pools have codes, the program's versions, does anybody wait for other
        assert serving.serve(at=NOW) == 0
    Coupon.objects.bulk_create([codes.row(pool, code(2), at=NOW)])
    assert serving.serve(at=NOW) == 1
    assert balances(alice.customer) == {"available": 1000}


def test_who_waits_and_may_not_be_paid_keeps_nobody_waiting(alice, pool):
    pays_from(pool)
    held = bring(alice, "fred")[1]
    Reward.objects.filter(pk=held.pk).update(reviewed=True)
    stock(pool, [1])
    assert bring(alice, "gina")[1].status == "available"


def test_an_empty_pool_is_told_once_and_again_after_codes_came(alice):
    pool = pool_of(alice.program, low_stock=1)
    stock(pool, range(3))
    pays_from(pool)
    for name in ("fred", "gina", "hans", "ida"):
        bring(alice, name)
    assert [(each["left"], each["waiting"]) for each in told("coupon_pool.low")] == [(1, 0)]
    stock(pool, range(10, 14))
    pool.refresh_from_db()
    assert pool.low_since is None
    for name in ("jan", "kim"):
        bring(alice, name)
    assert [each["left"] for each in told("coupon_pool.low")] == [1, 1]


def test_a_pool_is_told_low_by_what_is_promised_before_anybody_waits(alice):
    pool = pool_of(alice.program, low_stock=1)
    stock(pool, range(4))
    pays_from(pool, hold_days=14)
    for name in ("fred", "gina"):
        bring(alice, name)
    pools.watch(at=NOW)
    assert told("coupon_pool.low") == []
    bring(alice, "hans")
    pools.watch(at=NOW)
    pools.watch(at=NOW)
    assert [(each["left"], each["waiting"], each["needed"]) for each in told("coupon_pool.low")] == [(4, 0, 3)]
    stock(pool, [5])
    pool.refresh_from_db()
    assert pool.low_since is None
    # Fewer came than are promised: told again, and once more only after others came.
    for name in ("ida", "jan", "kim"):
        bring(alice, name)
    pools.watch(at=NOW)
    stock(pool, [6])
    pools.watch(at=NOW)
    pools.watch(at=NOW)
    assert [(each["left"], each["needed"]) for each in told("coupon_pool.low")] == [(4, 3), (5, 6), (6, 6)]


def test_a_pool_that_makes_its_codes_never_runs_out(alice):
    pool = pool_of(alice.program, source="generated", prefix="FRIEND-", code_length=8, expiry_days=30)
    pays_from(pool)
    for name in ("fred", "gina"):
        bring(alice, name)
    made = [codes.shown(each) for each in Coupon.objects.all()]
    assert len(set(made)) == 2
    assert {(each[:7], len(each)) for each in made} == {("FRIEND-", 15)}
    assert {each.expires_at for each in Coupon.objects.all()} == {NOW + 30 * DAY}
    assert {each.expires_at for each in Reward.objects.all()} == {NOW + 30 * DAY}
    assert told("coupon_pool.low") == []


@pytest.mark.parametrize(
    ("pool_days", "rule_days", "ends"), [(30, 10, 10), (10, 30, 10), (None, 10, 10), (None, None, None)]
)
def test_a_code_ends_by_the_sooner_of_pool_and_rule(alice, pool_days, rule_days, ends):
    pool = pool_of(alice.program, expiry_days=pool_days)
    stock(pool, [1])
    pays_from(pool, expires_days=rule_days)
    reward = bring(alice, "fred")[1]
    assert Coupon.objects.get().expires_at == reward.expires_at == (ends and NOW + ends * DAY)


def test_taken_back_unused_the_code_is_void_and_a_restored_reward_gets_another(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    conversion, reward = bring(alice, "fred")
    refund(conversion)
    assert (states(pool), balances(alice.customer)) == ({"revoked": 1, "free": 1}, {})
    assert [each["reason"] for each in told("coupon.revoked")] == ["taken_back"]
    refund(conversion, 0)
    assert codes.shown(Coupon.objects.get(reward=reward, state="assigned")) == code(1)
    assert balances(alice.customer) == {"available": 1000}
    assert list(audit.differences()) == []


def test_taken_back_after_use_the_credit_falls_below_nothing(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    conversion, reward = bring(alice, "fred")
    using.use(coupon=Coupon.objects.get(reward=reward), at=NOW, reference="till 7")
    assert balances(alice.customer) == {}
    refund(conversion)
    assert balances(alice.customer) == {"available": -1000}
    assert Coupon.objects.get(reward=reward).state == "used"
    refund(conversion, 0)
    assert balances(alice.customer) == {}
    assert states(pool) == {"used": 1, "free": 1}
    assert list(audit.differences()) == []


def test_a_gift_card_is_used_in_parts(alice):
    pool = pool_of(alice.program, kind="gift_card")
    stock(pool, [1])
    pays_from(pool)
    bring(alice, "fred")
    card = using.use(coupon=Coupon.objects.get(), amount_minor=400, at=NOW)
    assert (card.state, card.used_minor, card.reward.available_minor) == ("assigned", 400, 600)
    with pytest.raises(Refused, match="from 1 to 600"):
        using.use(coupon=card, amount_minor=601, at=NOW)
    card = using.use(coupon=card, at=NOW)
    assert (card.state, card.used_minor, card.reward.status) == ("used", 1000, "spent")
    with pytest.raises(Refused) as refused:
        using.use(coupon=card, at=NOW)
    assert refused.value.code == "coupon_used"
    assert [each["used_minor"] for each in told("coupon.used")] == [400, 1000]
    assert list(audit.differences()) == []


def test_a_coupon_is_used_as_a_whole(alice, pool):
    stock(pool, [1])
    pays_from(pool)
    bring(alice, "fred")
    with pytest.raises(Refused, match="as a whole"):
        using.use(coupon=Coupon.objects.get(), amount_minor=1, at=NOW)
    assert states(pool) == {"assigned": 1}


def test_what_is_not_used_in_time_expires_with_its_credit(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, range(2))
    pays_from(pool)
    bring(alice, "fred")
    assert ending.expire(at=NOW + 30 * DAY - timedelta(seconds=1)) == 0
    with pytest.raises(Refused) as refused:
        using.use(coupon=Coupon.objects.get(state="assigned"), at=NOW + 30 * DAY)
    assert refused.value.code == "coupon_expired"
    assert ending.expire(at=NOW + 30 * DAY) == 1
    assert expiry.expire(at=NOW + 30 * DAY) == 1
    assert states(pool) == {"expired": 1, "free": 1}
    assert Reward.objects.get().status == "expired"
    assert balances(alice.customer) == {}
    assert [each["reason"] for each in told("coupon.expired")] == ["time"]
    assert list(audit.differences()) == []


def test_a_reward_that_is_given_more_time_prolongs_its_code(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, [1])
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    expiry.prolong(reward=reward, until=NOW + 60 * DAY, at=NOW)
    ending.expire(at=NOW + 30 * DAY)
    coupon = Coupon.objects.get()
    assert (coupon.state, coupon.expires_at) == ("assigned", NOW + 60 * DAY)
    ending.expire(at=NOW + 60 * DAY)
    assert states(pool) == {"expired": 1}


def test_a_code_that_has_expired_is_good_again_when_its_reward_is_prolonged(alice):
    pool = pool_of(alice.program, expiry_days=30)
    stock(pool, range(2))
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    at = NOW + 30 * DAY
    ending.expire(at=at)
    expiry.expire(at=at)
    adjustments.prolong(reward=reward, until=NOW + 60 * DAY, reason="Was ill", at=at)
    coupon = Coupon.objects.get(reward=reward)
    assert (coupon.state, coupon.expires_at) == ("assigned", NOW + 60 * DAY)
    assert states(pool) == {"assigned": 1, "free": 1}
    using.use(coupon=coupon, at=at)
    assert Reward.objects.get().status == "spent"


def test_a_withdrawn_code_is_replaced_and_goes_back_only_by_an_act(alice, pool):
    stock(pool, range(2))
    pays_from(pool)
    reward = bring(alice, "fred")[1]
    old = Coupon.objects.get(reward=reward)
    ending.revoke(coupon=old, at=NOW)
    assert serving.serve(at=NOW) == 1
    assert codes.shown(Coupon.objects.get(reward=reward, state="assigned")) == code(1)
    assert balances(alice.customer) == {"available": 1000}
    ending.put_back(coupon=old, at=NOW)
    assert states(pool) == {"assigned": 1, "free": 1}
    with pytest.raises(Refused):
        ending.put_back(coupon=old, at=NOW)


def test_a_gift_card_that_was_voided_after_a_part_was_used_is_nobody_elses_whole_one(alice):
    pool = pool_of(alice.program, kind="gift_card")
    stock(pool, [1])
    pays_from(pool)
    conversion, _ = bring(alice, "fred")
    using.use(coupon=Coupon.objects.get(), amount_minor=400, at=NOW)
    refund(conversion)
    with pytest.raises(Refused) as refused:
        ending.put_back(coupon=Coupon.objects.get(), at=NOW)
    assert (refused.value.code, states(pool)) == ("coupon_used", {"revoked": 1})


# --- upload


def upload(pool, text, **options):
    return uploading.table(pool=pool, raw=text.encode(), at=NOW, **options)


def test_what_is_wrong_with_a_file_is_told_by_line_and_nothing_is_taken(pool):
    upload(pool, "code\nSUMMER-1\n")
    with pytest.raises(Refused) as refused:
        upload(pool, "Code\nWINTER-1\nsummer-1\nshort\nwinter-1\nWINTER-2,5\n")
    assert list(refused.value.errors.items()) == [
        ("line 3", "was uploaded before"),
        ("line 4", codes.RULE),
        ("line 5", "is the code of line 2 again"),
        ("line 6", "has 2 cells instead of 1"),
    ]
    with pytest.raises(Refused) as refused:
        upload(pool, "code\nWINTER-1\nshort\nwith a space\nwinter-1\n", only_new=True)
    assert set(refused.value.errors) == {"line 3", "line 4"}
    assert Coupon.objects.count() == 1


def test_the_new_ones_alone_may_be_taken(pool):
    upload(pool, "code\nSUMMER-1\n")
    done = upload(
        pool, "code;\nWINTER-1;\n" if False else "code\nWINTER-1\nsummer-1\nWINTER-2\nwinter-1\n", only_new=True
    )
    assert (done.read, done.added, done.left_out_count) == (4, 2, 2)
    assert done.left_out == {"line 3": "was uploaded before", "line 5": "is the code of line 2 again"}
    assert pools.left(pool) == 3


def test_another_storefront_may_have_the_same_code(pool):
    stock(pool, [1])
    other = pool_of(program_of(acme("rival")))
    assert stock(other, [1]).added == 1


def test_many_codes_come_by_a_job_which_keeps_no_code_readable(alice, pool, monkeypatch):
    monkeypatch.setattr(uploading, "AT_ONCE", 3)
    pays_from(pool)
    waiting = bring(alice, "fred")[1]
    job = stock(pool, range(7)).job
    assert (Coupon.objects.count(), job.state) == (0, JobState.WAITING)
    assert "CODE" not in str(job.parameters) + str(bytes(CouponUpload.objects.get().codes))
    stock(pool, [4])  # another upload meanwhile
    job = Job.objects.get()
    while working.step(pk=job.pk, worker=job.public_id, first=True, at=NOW):
        pass
    job.refresh_from_db()
    assert (job.state, job.result, job.done) == (JobState.DONE, {"added": 6, "left_out": 1}, 7)
    assert CouponUpload.objects.get().codes is None
    waiting.refresh_from_db()
    assert waiting.status == "available"
    assert states(pool) == {"assigned": 1, "free": 6}


# --- pools


def test_a_pool_is_made_once(alice, pool):
    again, created = pools.create(program=alice.program, name=pool.name, at=NOW, amount_minor=1000, currency="EUR")
    assert (again, created) == (pool, False)
    with pytest.raises(Conflict):
        pools.create(program=alice.program, name=pool.name, at=NOW, amount_minor=2000, currency="EUR")


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"amount_minor": 0, "currency": ""}, "amount_minor"),
        ({"percent_bp": 1000}, "amount_minor"),
        ({"amount_minor": 0, "currency": "", "percent_bp": 10_001}, "percent_bp"),
        ({"kind": "gift_card", "amount_minor": 0, "currency": "", "percent_bp": 1000}, "amount_minor"),
        ({"source": "generated", "code_length": 7}, "code_length"),
        ({"prefix": "summer "}, "prefix"),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused_by_field(alice, columns, field):
    with pytest.raises(Refused) as refused:
        pool_of(alice.program, **columns)
    assert field in refused.value.errors


def test_an_upload_serves_those_of_its_own_pool_only(alice, pool):
    rival = alice_of(program_of(acme("rival")), name="rachel")
    theirs = pool_of(rival.program)
    pays_from(theirs)
    bring(rival, "fred")
    Coupon.objects.bulk_create([codes.row(theirs, code(1), at=NOW)])  # as if an upload had not served anybody yet
    assert stock(pool, range(2)).served == 0
    assert states(theirs) == {"free": 1}
