"""Corrections' stage: alice advocates by a rule that pays 100 % for 10 %, and it is corrected."""

from datetime import timedelta

import pytest

from advocacy.jobs import working
from advocacy.models import Job
from rewards import corrections, redemptions
from tests import cast
from tests.rewards.scene import (
    NOW,
    acme,
    alice_of,
    conversion_of,
    person,
    program_of,
    settle,
    tell,
)
from tests.terms import terms

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


def work_on_jobs():
    for job in Job.objects.filter(state__in=["waiting", "running"]):
        while working.step(pk=job.pk, worker=None, first=True, at=LATER):
            pass
        job.refresh_from_db()
        assert job.state == "done", job.error


def spend(alice, amount):
    said = {"storefront": alice.storefront, "customer": alice.customer, "unit": "EUR", "amount_minor": amount}
    spent = redemptions.reserve(**said, at=NOW)
    return redemptions.confirm(redemption=spent, at=NOW)
