"""Count all that metrics are read from anew, also after the one who did it was killed."""

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from advocacy import jobs
from advocacy.models import Job
from advocacy.outbox.drain import drain
from referrals import rebuilding, rollups
from referrals.models import Day, DayCut, WorthDay
from tests import cast
from tests.cast import DAY, NOON
from tests.referrals.history import bought, brought_by, click, converted, counted

pytestmark = pytest.mark.django_db


def said(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue().splitlines()


def test_what_was_spoilt_is_found_and_counted_anew(program, acme, alice, fred):
    bond = brought_by(alice.links.get(), fred, at=NOON - 3 * DAY, segments=["vip"])
    converted(bond, bought(fred, at=NOON - DAY))
    click(alice.links.get(), at=NOON - 2 * DAY)
    while drain("money", at=NOON) or drain("people", at=NOON):
        pass
    counted(acme)
    rollups.rebuild(storefront=acme)
    rollups.recount(at=NOON)
    assert said("audit", metrics=True) == ["metrics: no difference", "days of rewards: no difference"]
    Day.objects.update(orders=7)
    DayCut.objects.filter(cut="segment").delete()
    WorthDay.objects.update(customers=9)
    with pytest.raises(CommandError, match="Each is a bug"):
        said("audit", metrics=True)
    # Killed after the first portion: what it did stands, and whoever comes next goes on. Days are told of also where
    # another worker counted them.
    job = rebuilding.start(storefront=acme, at=NOON)
    assert jobs.step(pk=job.pk, worker=uuid.uuid4(), first=True, at=NOON)
    assert rollups.recount(at=NOON) == 5, "of the order's day once more: its program begins anew"
    assert said("rebuild_metrics", storefront=acme.slug) == ["Acme Coffee:", "4 days and 2 customers counted."]
    assert Job.objects.get().result == {"days": 4, "customers": 2}
    assert said("audit", metrics=True) == ["metrics: no difference", "days of rewards: no difference"]


def test_a_storefront_that_is_not_there_is_said(acme):
    with pytest.raises(CommandError, match="There is no storefront nobody; there are: acme"):
        said("rebuild_metrics", storefront="nobody")
    assert said("rebuild_metrics", storefront=cast.rival().slug)[1] == "0 days and 0 customers counted."
