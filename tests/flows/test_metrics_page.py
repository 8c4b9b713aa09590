"""olga looks at what her program is worth."""

from datetime import timedelta

import pytest
from django.utils import timezone

from referrals.models import Day
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def test_olga_reads_a_programs_numbers_and_takes_one_as_a_file(desk, program):
    today = timezone.now().date()
    Day.objects.create(program=program, day=today - timedelta(days=1), visitors=100, clicks=120, converted_referrals=5)
    page = desk.get("/admin/metrics/").content.decode()
    assert "100 visitors, 5 friends bought" in page
    assert "5.0 % of the visitors bought" in page
    assert "2.2 % to 11.2 %" in page
    assert "No friend has bought in these days." in page
    file = b"".join(desk.get("/admin/metrics/", {"csv": "rates"}).streaming_content).decode("utf-8-sig")
    assert "Buyers ÷ visitors,0.05,2.2 % to 11.2 %,5 of 100,," in file.splitlines()
    by = desk.get("/admin/metrics/", {"by": "channel"}).content.decode()
    assert "Nothing in these days can be told apart by channel." in by
    for said in (
        "K cannot be told yet",
        "Nobody was brought yet",
        "Nobody has bought in these months",
        "Nothing is owed",
    ):
        assert said in page
    assert desk.get("/admin/metrics/", {"csv": "nothing"}).status_code == 404


def test_a_period_that_cannot_be_is_said_in_words(desk, program):
    for asked, words in (
        ({"from": "2026-02-02", "to": "2026-02-01"}, "the first day comes first."),
        ({"from": "soon"}, "from must be a day such as 2026-11-22."),
    ):
        answer = desk.get("/admin/metrics/", asked)
        assert (answer.status_code, words in answer.content.decode()) == (200, True)


def test_before_there_is_a_program_the_page_says_what_to_do(desk):
    assert "There is no program yet." in desk.get("/admin/metrics/").content.decode()


def test_who_may_not_see_programs_sees_no_metrics(client, program):
    client.force_login(cast.staff("otto"))
    assert client.get("/admin/metrics/").status_code == 403
