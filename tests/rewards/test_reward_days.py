"""Days of rewards are what rewards come to, at any moment, by whatever statement rewards are changed."""

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from advocacy.models import Storefront
from rewards import audit, costs, reward_days
from rewards.models import Reward, RewardDay
from tests.rewards import test_audit
from tests.rewards.audit_stage import spoil
from tests.rewards.scene import NOW, conversion_of, person, settle, tell

pytestmark = pytest.mark.django_db
fred = test_audit.fred
check = audit.parts()["days of rewards"]


def read():
    return [
        read(program=program)
        for program in {reward.program for reward in Reward.objects.all()}
        for read in (
            costs.outstanding,
            lambda program: costs.of_period(program=program, since=NOW.date(), until=NOW.date()),
            lambda program: costs.decided(program=program, today=NOW.date()),
            lambda program: costs.by_month(storefront=program.storefront, since=NOW.date(), until=NOW.date()),
        )
    ]


def test_folding_and_counting_anew_change_no_sum(fred):
    before, rows = read(), RewardDay.objects.count()
    assert reward_days.fold() > 0
    assert (read(), RewardDay.objects.count() < rows, reward_days.fold()) == (before, True, 0)
    spoil("DELETE FROM rewards_rewardday WHERE side = 'friend'")
    assert read() != before
    assert list(check()) != []
    reward_days.recount(storefront=fred.storefront)
    assert (read(), list(check())) == (before, [])
    alice = Reward.objects.filter(advocate__isnull=False).first().advocate
    tell(conversion_of(alice, person(fred.storefront, "harry")))
    settle()
    assert read() != before
    assert list(check()) == []


def test_days_are_of_the_storefronts_zone_and_what_leaves_leaves_its_day(fred):
    Storefront.objects.update(time_zone="Europe/Berlin")
    reward_days.recount(storefront=fred.storefront)
    credited = Reward.objects.filter(pending_minor=0).exclude(granted_minor=0).first()
    day = RewardDay.objects.filter(of="due", day="2026-03-17").aggregate
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rewards_reward SET due_at = '2026-03-16 23:30Z' WHERE id = %s", [credited.pk])
    assert day(sum=Sum("granted_minor")) == {"sum": credited.granted_minor}
    assert list(check()) == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM rewards_reward WHERE id = %s", [credited.pk])
        assert day(sum=Sum("granted_minor")) == {"sum": 0}
        assert list(check()) == []
        transaction.set_rollback(True)
