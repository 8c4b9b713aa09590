"""olga looks at what her program is worth."""

import html
import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from config.measured import expected, growing
from referrals import buyers
from referrals.models import ChannelCost, Day, DayCut, Link, Share
from referrals.rollups.questions import HOURS
from tests import cast
from tests.cast import NOON
from tests.referrals.history import bought, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


def test_olga_reads_a_programs_numbers_and_takes_one_as_a_file(desk, program):
    today = timezone.now().date()
    Day.objects.create(program=program, day=today - timedelta(days=1), visitors=100, clicks=120, converted_referrals=5)
    page = desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    assert "100 visitors, 5 friends bought" in page
    assert "5.0 % of the visitors bought" in page
    assert "2.2 % to 11.2 %" in page
    assert "No friend has bought in these days." in page
    file = b"".join(desk.get("/admin/metrics/", {"csv": "rates"}).streaming_content).decode("utf-8-sig")
    assert "Buyers ÷ visitors,0.05,2.2 % to 11.2 %,5 of 100,," in file.splitlines()
    by = desk.get("/admin/metrics/", {"by": "channel", "part": "cut"}).content.decode()
    assert "Nothing in these days can be told apart by channel." in by
    for said in (
        "K cannot be told yet",
        "First 30 days of each",
        f"Nobody joined from {today - timedelta(days=59)} to {today - timedelta(days=30)}.",
        "By what was sent in 30 days",
        "Not counted yet. A worker counts it within a quarter of an hour, then once a night.",
        "Nobody has bought in these months",
        "Nothing is owed",
    ):
        assert said in page
    assert desk.get("/admin/metrics/", {"csv": "nothing"}).status_code == 404
    assert desk.get("/admin/metrics/", {"csv": "rates", "part": "worth"}).status_code == 404


def test_each_chart_of_the_first_page_is_there_as_a_file(desk, acme, program):
    Day.objects.create(program=program, day=timezone.now().date(), visitors=3, clicks=4, counted_at=timezone.now())
    bought(person(acme, "fred"), at=timezone.now())
    buyers.recount(at=timezone.now())
    links = re.findall(r'href="([^"]+csv=[^"]+)"', desk.get("/admin/").content.decode())
    files = [html.unescape(link) for link in links]
    heads = [b"".join(desk.get(link).streaming_content).decode("utf-8-sig").splitlines()[0] for link in files]
    assert [head.partition(",")[0] for head in heads] == ["Day", "Days"]


def test_a_file_is_named_by_what_it_is_of_and_a_segment_by_what_it_is_not(desk, acme, program, alice):
    days = {"from": "2026-03-01", "to": "2026-03-02"}
    answer = desk.get("/admin/metrics/", {"csv": "cost"} | days)
    assert answer["Content-Disposition"].endswith(f'filename="{program.slug}-cost-EUR-2026-03-01-2026-03-02.csv"')
    DayCut.objects.create(program=program, day=date(2026, 3, 1), cut="segment", key="vip", referrals=1)
    page = desk.get("/admin/metrics/", {"segment": "vip", "all": "1"} | days).content.decode()
    assert page.count("Not of vip alone, but of everybody.") == 7


def test_what_is_no_share_and_what_is_gone_is_told_so(desk, program):
    today = timezone.now().date()
    Day.objects.create(program=program, day=today, visitors=1, clicks=1, referrals=83)
    assert ">83 to 1<" in desk.get("/admin/metrics/").content.decode()
    begun = program.created_at.date() - timedelta(days=3)
    Day.objects.create(program=program, day=begun, referrals=2)
    page = desk.get("/admin/metrics/", {"from": str(begun), "to": str(begun)}).content.decode()
    assert "clicks are gone" in page
    days = {"from": str(begun), "to": str(begun)}
    trend = b"".join(desk.get("/admin/metrics/", {"csv": "trend"} | days).streaming_content).decode("utf-8-sig")
    assert trend.splitlines()[1] == f"{begun},,2,0"
    type(program).objects.update(created_at=timezone.now())
    Day.objects.create(program=program, day=today - timedelta(days=1), referrals=1, counted_at=timezone.now())
    Day.objects.filter(day=today).delete()
    first = desk.get("/admin/").content.decode()
    assert (">None" in first, "nobody counted clicks" in first) == (False, True)
    assert "<li>Of some of these days nobody counted clicks" in page


def test_parts_by_advocate_name_them_and_what_is_in_other_currencies_is_said(desk, acme, program, alice):
    at = timezone.now()
    own = {"program": program, "day": at.date(), "counted_at": at}
    Day.objects.create(**own, conversions=2, conversions_elsewhere=1)
    DayCut.objects.create(program=program, day=at.date(), cut="advocate", key=str(alice.pk), converted_referrals=1)
    bought(person(acme, "abroad"), at=at, currency="USD")
    page = desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    alice.display_name = ""
    alice.save()
    by = desk.get("/admin/metrics/", {"by": "advocate", "part": "cut"}).content.decode()
    assert f'href="{reverse("admin:advocacy_advocate_change", args=[alice.pk])}"' in by
    left_out = "Only orders in EUR count. Left out: 1 order in other currencies, and with them 1 customer"
    assert page.count(left_out) == 4  # values, cohorts, what is expected, channels
    assert "Revenue is that in EUR, without 1 order in other currencies." in page
    assert '<dd class="between">without 1 order in other currencies</dd>' in desk.get("/admin/").content.decode()


def test_how_long_friends_take_is_seen_with_its_rows_and_as_a_file(desk, program):
    times = [0] * (len(HOURS) + 1)
    times[0], times[4] = 6, 4  # within an hour, and within 4 to 6 hours
    Day.objects.create(program=program, day=timezone.now().date(), times=times)
    page = desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    assert "Half of the 10 friends who bought after a click did so within an hour" in page
    assert "figure=time_to_conversion.numerator" in page
    file = b"".join(desk.get("/admin/metrics/", {"csv": "time_to_conversion"}).streaming_content).decode("utf-8-sig")
    assert file.splitlines()[1] == "10,0.83,5.5,"


def test_channels_and_where_k_would_lead_are_tables(desk, acme, program, alice):
    ago = timezone.now().replace(day=1) - timedelta(days=3)
    own = {"storefront": acme, "currency": "EUR", "source": "team", "amount_minor": 1000, "noted_at": ago}
    ChannelCost.objects.create(**own, channel="email", month=ago.date().replace(day=1))
    link = Link.objects.create(storefront=acme, program=program, advocate=alice, code="A", created_at=ago)
    Share.objects.create(storefront=acme, link=link, kind="share", channel="email", at=timezone.now())
    Day.objects.create(program=program, day=timezone.now().date(), advocates_enrolled=2, converted_referrals=1)

    def file(card):
        return b"".join(desk.get("/admin/metrics/", {"csv": card}).streaming_content).decode("utf-8-sig").splitlines()

    assert file("channel_risk")[1].startswith("E-mail,1,0.00,10.00,-1.0,,,,It takes 12 months")
    assert "figure=channel_return.cost&amp;program=" in desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    # Each of two brings half a one, and that one half of that: 2 + 1 + 0.5.
    assert file("forecast")[1:3] == ["1,3", "2,4"]


def test_each_part_but_the_first_comes_by_a_request_of_its_own(desk, program):
    page = desk.get("/admin/metrics/").content.decode()
    asked = re.findall(r'hx-get="([^"]+part=\w+)"', page)
    parts = [desk.get(f"/admin/metrics/{html.unescape(each)}").content.decode() for each in asked]
    whole = desk.get("/admin/metrics/", {"all": "1"}).content.decode()
    cards = re.compile(r'<article class="card" id="(\w+)">')
    assert len(asked) == 6
    assert [card for text in (page, *parts) for card in cards.findall(text)] == cards.findall(whole)
    assert desk.get("/admin/metrics/", {"part": "nothing"}).status_code == 404


def test_a_best_hour_takes_more_than_a_few_orders():
    cells = [{"weekday": 7, "hour": 20, "clicks": 3, "orders": 29}, {"weekday": 1, "hour": 9, "clicks": 9, "orders": 0}]
    told = {"hours": ({"time_zone": "UTC", "cells": cells}, NOON)}
    assert growing.hours(told, lambda *_, **__: "").title == "29 orders by friends: too few to name a best hour"
    cells[1]["orders"] = 1
    assert growing.hours(told, lambda *_, **__: "").title == "Most is bought on Sunday at 20:00"
    # 168 hours of 3 orders each and one of 9: among so many one such is what chance brings, one of 12 is not.
    cells = [{"weekday": 1 + hour // 24, "hour": hour % 24, "clicks": 0, "orders": 3} for hour in range(168)]
    told["hours"][0]["cells"] = cells
    cells[5]["orders"] = 9
    assert growing.hours(told, lambda *_, **__: "").title == "510 orders by friends, in no hour more than by chance"
    cells[5]["orders"] = 12
    assert growing.hours(told, lambda *_, **__: "").title == "Most is bought on Monday at 5:00"


def test_a_long_list_says_of_how_many_it_is_the_first():
    def titled(number):
        every = range(number)
        counted = SimpleNamespace(count=lambda: number)
        return expected._titled(counted, every[:50], "advocate at risk", "advocates at risk")

    assert [titled(number) for number in (0, 1, 50, 81)] == [
        *("Advocates at risk", "1 advocate at risk", "50 advocates at risk", "81 advocates at risk, the first 50")
    ]


def test_what_cannot_be_is_said_in_words(desk, program):
    DayCut.objects.create(program=program, day=date(2026, 1, 1), cut="segment", key="vip", referrals=1)
    for asked, words in (
        ({"from": "2026-02-02", "to": "2026-02-01"}, "the first day comes first."),
        ({"from": "2000-01-01", "to": "2026-02-01"}, "At most 731 days are shown at once"),
        ({"from": "soon"}, "from must be a day such as 2026-11-22."),
        ({"by": "town"}, "There are no parts by &#x27;town&#x27;"),
        ({"segment": "vips"}, "There is no segment &#x27;vips&#x27; in this program; choose one of: vip."),
        ({"segment": "vip"}, "Advocates of the segment vip brought nobody in these days."),
    ):
        answer = desk.get("/admin/metrics/", asked | {"all": "1"})
        assert (answer.status_code, words in answer.content.decode()) == (200, True)


def test_before_there_is_a_program_the_page_says_what_to_do(desk):
    assert "There is no program yet." in desk.get("/admin/metrics/").content.decode()


def test_who_may_not_see_programs_sees_no_metrics(client, program):
    client.force_login(cast.staff("otto"))
    assert client.get("/admin/metrics/").status_code == 403
