"""A conversion that changed moves its day by the difference, in whichever order changes and counts come."""

import pytest

from advocacy.outbox.drain import drain
from referrals import rollups
from referrals.models import ConversionCount, Day, DayCut, Mark, Order
from tests.cast import DAY, NOON
from tests.referrals.history import bought, brought, converted, event

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversion(acme, program, alice, fred):
    """Of 50.00, counted."""
    referral, order = brought(alice, fred, at=NOON - DAY), bought(fred, at=NOON)
    while drain("money", at=NOON) or drain("people", at=NOON):
        pass
    rollups.rebuild(storefront=acme)
    rollups.recount(at=NOON)
    conversion = converted(referral, order)
    tell("conversion.recorded", conversion)
    assert (revenue(), revenue(cut="advocate")) == (5000, 5000)
    assert list(rollups.differences(at=NOON)) == []
    return conversion


def tell(type, conversion, *, version=1):
    rollups.mark(events=[event(type, conversion, version=version)], at=NOON)
    rollups.recount(at=NOON)


def refund(conversion, *, version=2, half=2700, **turned):
    Order.objects.filter(pk=conversion.order_id).update(refunded_minor=half)
    type(conversion).objects.filter(pk=conversion.pk).update(**turned)
    tell("conversion.adjusted", conversion, version=version)


def revenue(*, cut=""):
    if not cut:
        return Day.objects.get(day=NOON.date()).revenue_minor
    return DayCut.objects.get(day=NOON.date(), cut=cut).revenue_minor


def test_a_refund_moves_its_day_by_what_it_took(conversion):
    Day.objects.update(revenue_minor=1_000_000)  # of a million others, who are not counted again
    refund(conversion)
    assert (revenue(), revenue(cut="advocate"), revenue(cut="channel")) == (997_500, 2500, 2500)
    refund(conversion, version=3, half=4050)
    assert (revenue(), revenue(cut="advocate")) == (996_250, 1250)


def test_what_is_told_twice_or_late_moves_it_once(conversion):
    Order.objects.update(refunded_minor=2700)
    Mark.objects.create(program_id=conversion.program_id, day=NOON.date())
    rollups.recount(at=NOON)  # sees the refund before its event is worked on
    refund(conversion)
    refund(conversion, version=3)
    assert revenue() == 2500
    assert list(rollups.differences(at=NOON)) == []


def test_what_a_bond_that_ended_brought_counts_no_more(conversion):
    refund(conversion, ended=True, stands=False)
    assert revenue() == 0
    assert not ConversionCount.objects.exists()


def test_the_audit_names_what_is_kept_wrongly_and_a_rebuild_mends_it(acme, conversion):
    ConversionCount.objects.update(revenue_minor=1)
    said = f"Friends of Acme, 2026-03-02, conversion {conversion.pk}: what is kept of it is not what it adds."
    assert list(rollups.differences(at=NOON)) == [said]
    rollups.rebuild(storefront=acme)
    rollups.recount(at=NOON)
    assert list(rollups.differences(at=NOON)) == []
