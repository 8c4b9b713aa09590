"""Pools of codes: when they run low, what an upload refuses, and whom it serves."""

import pytest

from advocacy.jobs import working
from advocacy.models import Job, JobState
from advocacy.refusals import Conflict, Refused
from rewards.coupons import codes, pools, uploading
from rewards.models import Coupon, CouponUpload, Reward
from tests.rewards.coupon_stage import DAY, bring, code, pays_from, pool_of, states, stock, told
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    program_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return alice_of(program_of(acme()))


@pytest.fixture
def pool(alice):
    return pool_of(alice.program)


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
