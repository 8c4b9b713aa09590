"""Who wants to do something alone cannot raise the limit first."""

import pytest
from django.db import IntegrityError, transaction

from advocacy.refusals import Refused
from rewards import limits
from rewards.models import LimitChange
from tests import cast
from tests.rewards.payouts_stage import policy_of
from tests.rewards.scene import NOW, acme, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return program_of(acme())


@pytest.fixture
def anna():
    return cast.staff("anna")


def test_a_higher_limit_counts_when_somebody_else_confirms_it(program, olga, anna):
    asked = limits.change(of=program, minor=50_000, by=anna, at=NOW, reason="Too many questions")
    program.refresh_from_db()
    assert (asked.state, program.four_eyes_above_minor) == ("open", 10_000)
    with pytest.raises(Refused) as refusal:
        limits.confirm(change=asked, by=anna, at=NOW)
    assert refusal.value.code == "second_person_needed"
    limits.confirm(change=asked, by=olga, at=NOW)
    program.refresh_from_db()
    assert program.four_eyes_above_minor == 50_000
    with pytest.raises(Refused) as refusal:
        limits.withdraw(change=asked, by=olga, at=NOW)
    assert refusal.value.code == "limit_change_decided"


def test_a_lower_limit_counts_at_once_and_ends_what_was_asked_for_before(program, olga, anna):
    policy = policy_of(program.storefront)
    asked = limits.change(of=policy, minor=90_000, by=anna, at=NOW)
    lower = limits.change(of=policy, minor=500, by=anna, at=NOW)
    policy.refresh_from_db()
    assert (lower.state, policy.four_eyes_above_minor) == ("done", 500)
    with pytest.raises(Refused):
        limits.confirm(change=asked, by=olga, at=NOW)
    assert limits.change(of=policy, minor=500, by=anna, at=NOW) is None


def test_where_nobody_else_works_there_is_nobody_to_ask(program, olga):
    asked = limits.change(of=program, minor=50_000, by=olga, at=NOW)
    program.refresh_from_db()
    assert (asked.state, asked.alone, program.four_eyes_above_minor) == ("done", True, 50_000)


def test_the_database_itself_refuses_that_one_person_raises_a_limit(program, olga, anna):
    asked = limits.change(of=program, minor=50_000, by=anna, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitChange.objects.filter(pk=asked.pk).update(state="done", decided_by=anna, decided_at=NOW)
