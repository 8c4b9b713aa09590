"""The week's numbers by mail."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advocacy.models import AlertChoice
from config import weekly
from referrals.models import Day
from tests import cast
from tests.mailed import mailed

pytestmark = pytest.mark.django_db
# In Berlin it is nine o'clock of a Monday.
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def test_olga_reads_on_monday_what_last_week_brought_and_each_week_once(acme, program, olga):
    Day.objects.create(
        program=program,
        day=date(2026, 3, 8),
        visitors=1200,
        converted_referrals=3,
        revenue_minor=12050,
        conversions_elsewhere=2,
    )
    Day.objects.create(program=program, day=date(2026, 3, 1), visitors=90)
    Day.objects.create(program=program, day=date(2026, 3, 9), converted_referrals=7)
    assert weekly.send(at=MONDAY - timedelta(hours=3)) == weekly.send(at=MONDAY + timedelta(days=1)) == 0
    assert weekly.send(at=MONDAY) == 1
    assert weekly.send(at=MONDAY + timedelta(hours=1)) == 0
    (letter,) = mailed(MONDAY)
    assert (letter.to, letter.subject) == (["olga@example.com"], f"{acme.name} last week: 3 friends bought")
    assert "- Visitors: 1,200 (before: 90)" in letter.body
    assert "- Revenue by friends: 120.50 EUR, without 2 orders in other currencies (before: 0.00 EUR)" in letter.body
    assert f"/admin/metrics/?program={program.pk}&from=2026-03-02&to=2026-03-08" in letter.body
    assert "1,200" in letter.alternatives[0][0]


def test_what_nobody_could_count_is_no_number_and_one_shop_keeps_no_other_from_its_mail(
    program, rival, olga, monkeypatch
):
    cast.program(rival)
    type(program).objects.update(created_at=MONDAY)
    Day.objects.create(program=program, day=date(2026, 3, 8), referrals=1)
    look = weekly._look
    assert look(program.storefront, [program], MONDAY.date(), MONDAY)["programs"][0]["rows"][0]["now"] == "–"

    def fails(shop, *more):
        if shop == program.storefront:
            raise ValueError("broken")
        return look(shop, *more)

    monkeypatch.setattr(weekly, "_look", fails)
    assert weekly.send(at=MONDAY) == 1
    monkeypatch.undo()
    assert weekly.send(at=MONDAY) == 1, "tried again"


def test_who_wants_none_and_who_may_not_see_programs_gets_none(program, olga):
    cast.staff("otto")
    AlertChoice.objects.create(user=olga, kind="weekly_report", timing="off")
    assert weekly.send(at=MONDAY) == 0
    assert mailed(MONDAY) == []
