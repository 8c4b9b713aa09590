"""Past buyers become advocates in portions, once each, whoever does the work."""

from advocacy.models import Advocate, Event
from advocacy.outbox.drain import drain
from referrals import orders, past_buyers
from referrals.models import Link, PastBuyers
from tests import cast
from tests.cast import DAY, NOON


def enrolled(at=NOON):
    past_buyers.enrol_daily(at=at, seconds=20)
    return list(Advocate.objects.order_by("pk").values_list("customer__external_id", flat=True))


def test_those_who_bought_last_come_first_so_many_a_day_and_each_gets_a_link(acme, program):
    for number, name in enumerate(["fred", "wilma", "barney"]):
        fields = cast.order(name, customer={"external_id": name}, placed_at=NOON - (9 - number) * DAY)
        orders.record(storefront=acme, orders=[fields], at=NOON)
    cast.customer(acme, "betty", orders_before=2)
    cast.customer(acme, "dino")
    drain("people", at=NOON)
    row = PastBuyers.objects.create(program=program, per_day=2)
    assert past_buyers.waiting(row).count() == 4
    assert enrolled() == ["barney", "wilma"]
    assert enrolled() == ["barney", "wilma"]
    assert enrolled(NOON + DAY) == ["barney", "wilma", "fred", "betty"]
    assert enrolled(NOON + 2 * DAY) == ["barney", "wilma", "fred", "betty"]
    row.refresh_from_db()
    assert (row.enrolled, row.all_since) == (4, NOON + 2 * DAY)
    assert Link.objects.count() == 4
    assert not Event.objects.filter(type="advocate.enrolled").exists()
    assert Event.objects.filter(type="advocate.added").count() == 4


def test_nobody_is_enrolled_where_it_was_stopped_or_the_program_does_not_run(acme, program):
    cast.customer(acme, "betty", orders_before=2)
    row = PastBuyers.objects.create(program=program, active=False)
    assert enrolled() == []
    PastBuyers.objects.update(active=True, least_orders=3)
    assert enrolled() == []
    PastBuyers.objects.update(least_orders=2)
    program.status = "paused"
    program.save()
    assert enrolled() == []
    program.status = "active"
    program.save()
    assert enrolled() == ["betty"]
    assert str(row) == "Past buyers of Friends of Acme"
