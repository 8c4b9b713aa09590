"""An import that two workers take side by side: real threads on PostgreSQL."""

import io

import pytest
from django.utils import timezone

from advocacy.jobs import tasks
from advocacy.models import Customer, Event
from referrals import imports
from referrals.imports import keeping, lanes
from referrals.models import Order
from tests.races.test_settlement_races import together
from tests.rewards.scene import acme

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_take_each_row_once_and_the_later_line_of_an_order_last(monkeypatch):
    monkeypatch.setattr(keeping, "ROWS", 4)
    # Each order stands twice, far apart, and each person bought thrice.
    orders = [(n, n % 8, total) for total in ("5.00", "7.00") for n in range(24)]
    lines = "".join(f"{n},c{who}@acme.co,{total},2025-01-01\n" for n, who, total in orders)
    file, now = io.BytesIO(f"external_id,email,total,placed_at\n{lines}".encode()), timezone.now()
    row = imports.keep(storefront=acme(), kind="orders", stream=file, at=now, check=False)
    assert {part.lane for part in row.parts.all()} == {0, 1}
    row = imports.begin(row=row, at=now)
    together(lambda: tasks.work(row.job_id), lambda: lanes.help(pk=row.pk), lambda: lanes.help(pk=row.pk))
    tasks.work(row.job_id)
    row.refresh_from_db()
    assert (row.state, row.taken) == ("done", {"new": 24, "changed": 24, "same": 0, "refused": 0})
    assert set(Order.objects.values_list("total_minor", flat=True)) == {700}
    assert Customer.objects.count() == 8
    assert Event.objects.filter(type="order.imported").count() == 24
