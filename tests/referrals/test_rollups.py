from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advocacy.models import Customer, Pending
from advocacy.outbox.drain import drain
from referrals import clicks, conversions, links, orders, rollups, shares
from referrals.models import Conversion, Day, DayCut, Link, LinkDay, LinkMove, Mark, Order, Referral, Share
from referrals.rollups import recounting
from tests import cast
from tests.cast import DAY, HOUR, MINUTE, NOON
from tests.referrals.history import bought, brought, brought_by, click, converted, event, person

TODAY = NOON.date()
pytestmark = pytest.mark.django_db


def counted(program, day=TODAY, *, at=NOON):
    """The day after a recount of all, with no event waiting."""
    while drain("people", at=at):
        pass
    rollups.rebuild(storefront=program.storefront)
    rollups.recount(at=at)
    return Day.objects.get(program=program, day=day)


def marked():
    return set(Mark.objects.values_list("program__slug", "day"))


def asked():
    """What is to be counted again: questions by day."""
    marks = Mark.objects.order_by("question").values_list("day", "question").distinct()
    return {day: " ".join(question for _, question in own) for day, own in groupby(sorted(marks), key=itemgetter(0))}


class TestClicks:
    def test_one_counts_per_link_visitor_and_hour(self, program, alice, mallory):
        link, other = alice.links.get(), mallory.links.get()
        for minute in (0, 1, 59):
            click(link, at=NOON - 2 * HOUR + minute * MINUTE)
        click(link, at=NOON - HOUR)
        click(other, at=NOON - 2 * HOUR)
        click(link, at=NOON - 2 * HOUR, visitor="v2")
        row = counted(program)
        assert (row.clicks, row.visitors) == (4, 2)

    def test_robots_are_not_counted(self, program, alice):
        click(alice.links.get(), at=NOON - HOUR, counted=False)
        click(alice.links.get(), at=NOON - HOUR, visitor="v2")
        row = counted(program)
        assert (row.clicks, row.visitors) == (1, 1)

    def test_visitors_that_cannot_be_told_apart_are_each_somebody(self, program, alice):
        for _ in range(3):
            click(alice.links.get(), at=NOON - HOUR, visitor="")
        row = counted(program)
        assert (row.clicks, row.visitors) == (3, 3)

    def test_of_another_program_do_not_count(self, program, acme, alice):
        second = cast.program(acme, slug="second")
        click(cast.mallory(second).links.get(), at=NOON - HOUR)
        click(alice.links.get(), at=NOON - HOUR)
        assert counted(program).clicks == 1

    def test_visitors_are_told_apart_within_a_day_of_utc(self, program, alice):
        """A hash lives one day: the same one on the next day is somebody else."""
        click(alice.links.get(), at=NOON - DAY)
        click(alice.links.get(), at=NOON - HOUR)
        counted(program)
        assert list(Day.objects.order_by("day").values_list("visitors", flat=True)) == [1, 1]

    def test_a_visitor_around_midnight_counts_on_the_day_of_the_first_click(self, db):
        """23:30 and 00:30 in Berlin are one day of UTC, so the days of a period add up to its visitors."""
        berlin = cast.program(cast.acme(time_zone="Europe/Berlin"))
        link = cast.alice(berlin).links.get()
        click(link, at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
        click(link, at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
        assert (counted(berlin, date(2026, 3, 1)).visitors, counted(berlin, date(2026, 3, 2)).visitors) == (1, 0)
        assert [row.clicks for row in Day.objects.order_by("day")] == [1, 1]

    def test_an_hour_cut_by_midnight_counts_once(self, db):
        """In India midnight is at half past an hour of UTC."""
        india = cast.program(cast.acme(time_zone="Asia/Kolkata"))
        link = cast.alice(india).links.get()
        click(link, at=datetime(2026, 3, 1, 18, 20, tzinfo=UTC))
        click(link, at=datetime(2026, 3, 1, 18, 40, tzinfo=UTC))
        assert [counted(india, date(2026, 3, day)).clicks for day in (1, 2)] == [1, 0]

    def test_are_found_without_a_mark_while_they_may_still_come(self, program, alice):
        click(alice.links.get(), at=NOON - MINUTE)
        assert rollups.recount(at=NOON) == 1
        click(alice.links.get(), at=NOON - MINUTE, visitor="late")
        assert rollups.recount(at=NOON + MINUTE) == 1
        assert Day.objects.get().clicks == 2
        assert rollups.recount(at=NOON + 10 * MINUTE) == 1
        assert rollups.recount(at=NOON + 20 * MINUTE) == 0

    def test_are_found_after_days_without_a_worker(self, program, alice):
        click(alice.links.get(), at=NOON - 9 * DAY)
        click(alice.links.get(), at=NOON - 3 * DAY)
        assert rollups.recount(at=NOON) == 2
        assert set(Day.objects.values_list("day", "clicks")) == {
            (TODAY - timedelta(days=9), 1),
            (TODAY - timedelta(days=3), 1),
        }
        assert rollups.recount(at=NOON) == 0

    def test_stay_as_counted_when_they_are_pruned(self, program, alice):
        """A refund marks an old day after its clicks are gone."""
        visit = click(alice.links.get(), at=NOON - 20 * DAY)
        old = visit.at.date()
        assert counted(program, old).clicks == 1
        visit.delete()
        Mark.objects.create(program=program, day=old)
        rollups.recount(at=NOON + DAY)
        assert Day.objects.get(program=program, day=old).clicks == 1

    def test_shares_are_counted_of_days_whose_clicks_are_not_kept(self, program, acme, alice):
        link, old = alice.links.get(), NOON - 500 * DAY
        Share.objects.create(storefront=acme, link=link, kind="share", channel="", at=old)
        click(link, at=old)
        row = counted(program, old.date())
        assert (row.sharers, row.active, row.clicks, row.clicks_at) == (1, 1, 0, None)
        assert list(rollups.differences(acme, at=NOON + DAY)) == []
        Day.objects.filter(pk=row.pk).update(sharers=2)
        assert [said[-32:] for said in rollups.differences(acme, at=NOON + DAY)] == ["sharers is 2, a recount finds 1."]

    def test_that_were_pruned_survive_a_rebuild(self, program, alice):
        visit = click(alice.links.get(), at=NOON)
        counted(program)
        visit.delete()
        assert counted(program, at=NOON + 500 * DAY).clicks == 1


class TestDaysOfTheStorefront:
    @pytest.mark.parametrize(
        ("zone", "first", "last", "hours"),
        [
            ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC), 23),
            ("America/New_York", datetime(2026, 3, 29, 4, tzinfo=UTC), datetime(2026, 3, 30, 4, tzinfo=UTC), 24),
            ("Pacific/Auckland", datetime(2026, 3, 28, 11, tzinfo=UTC), datetime(2026, 3, 29, 11, tzinfo=UTC), 24),
        ],
    )
    def test_begin_and_end_at_its_midnight(self, db, zone, first, last, hours):
        shop = cast.acme(time_zone=zone)
        program, buyer = cast.program(shop), person(shop, "fred")
        for at in (first - MINUTE, first, last - MINUTE, last):
            bought(buyer, at=at)
        assert counted(program, date(2026, 3, 29), at=NOON + 60 * DAY).orders == 2
        assert list(Day.objects.order_by("day").values_list("orders", flat=True)) == [1, 2, 1]
        assert (last - first) == timedelta(hours=hours)

    def test_the_day_on_which_summer_time_ends_has_25_hours(self, db):
        shop = cast.acme(time_zone="Europe/Berlin")
        program, buyer = cast.program(shop), person(shop, "fred")
        for hour in range(-1, 26):
            bought(buyer, at=datetime(2026, 10, 24, 22, tzinfo=UTC) + hour * HOUR)
        assert counted(program, date(2026, 10, 25), at=NOON + 365 * DAY).orders == 25

    def test_a_new_time_zone_is_a_rebuild(self, program, acme, fred):
        bought(fred, at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
        assert counted(program, at=NOON + 5 * DAY).orders == 1
        acme.time_zone = "Europe/Berlin"
        acme.save()
        assert counted(program, at=NOON + 5 * DAY).orders == 0
        assert Day.objects.get(day=date(2026, 3, 3)).orders == 1
        assert list(rollups.differences(acme, at=NOON + 5 * DAY)) == []


class TestOrders:
    def test_pending_and_cancelled_ones_are_not_counted(self, program, fred):
        for status in ("paid", "pending", "cancelled"):
            bought(fred, at=NOON, status=status)
        assert counted(program).orders == 1

    def test_referred_ones_are_those_with_a_conversion_that_is_not_rejected(self, program, alice, fred):
        referral = brought(alice, fred, at=NOON)
        converted(referral, bought(fred, at=NOON))
        converted(referral, bought(fred, at=NOON), advocate_review="rejected", stands=False)
        bought(fred, at=NOON)
        row = counted(program)
        assert (row.orders, row.referred_orders) == (3, 1)

    def test_of_another_storefront_do_not_count(self, program, fred, rival):
        bought(person(rival, "fred"), at=NOON)
        bought(fred, at=NOON)
        assert counted(program).orders == 1


class TestConversions:
    def test_refunded_and_rejected_ones_are_left_out_and_counted_apart(self, program, alice, fred):
        referral = brought(alice, fred, at=NOON)
        converted(referral, bought(fred, at=NOON))
        converted(referral, bought(fred, at=NOON, refunded_minor=5400), stands=False)
        converted(referral, bought(fred, at=NOON), stands=False, advocate_review="rejected")
        row = counted(program)
        assert (row.conversions, row.refunded_conversions, row.rejected_conversions) == (1, 1, 1)

    def test_revenue_is_what_refunds_left_of_it_at_the_orders_own_rate(self, program, alice, fred):
        # 5000 × (5400 − 1350) ÷ 5400 = 3750; 4999 × 5399 ÷ 5400 = 4998.07; 1 × 1 ÷ 2 = 0.5, rounded half up.
        referral = brought(alice, fred, at=NOON)
        converted(referral, bought(fred, at=NOON, refunded_minor=1350))
        converted(referral, bought(fred, at=NOON, revenue_minor=4999, refunded_minor=1))
        converted(referral, bought(fred, at=NOON, revenue_minor=1, total_minor=2, refunded_minor=1))
        converted(referral, bought(fred, at=NOON, currency="USD"))
        assert counted(program).revenue_minor == 3750 + 4998 + 1

    def test_a_friend_is_converted_on_the_day_of_the_first_that_stands(self, program, alice, fred):
        referral = brought(alice, fred, at=NOON - 9 * DAY)
        converted(referral, bought(fred, at=NOON - 3 * DAY), stands=False)
        converted(referral, bought(fred, at=NOON - 2 * DAY))
        converted(referral, bought(fred, at=NOON - 2 * DAY + HOUR))
        converted(referral, bought(fred, at=NOON))
        counted(program)
        rows = Day.objects.order_by("day").values_list("day__day", "referrals", "converted_referrals", "conversions")
        assert list(rows) == [(21, 1, 0, 0), (27, 0, 0, 0), (28, 0, 1, 2), (2, 0, 0, 1)]

    def test_an_advocate_counts_on_the_day_of_enrolment(self, program, alice, mallory):
        assert counted(program).advocates_enrolled == 2


def cuts(program, day=TODAY):
    """What is there of each part of the day; of links as ("linkday", key)."""
    zeros, own = (0, [], None, False), {"program": program, "day": day}
    rows = {(row["cut"], row["key"]): row for row in DayCut.objects.filter(**own).order_by("cut", "key").values()}
    rows |= {("linkday", str(row["link_id"])): row for row in LinkDay.objects.filter(**own).values()}
    keys = ("program_id", "cut", "key", "day", "link_id", "advocate_id")
    return {
        part: {name: number for name, number in row.items() if number not in zeros and name not in keys}
        for part, row in rows.items()
    }


class TestCuts:
    def test_each_has_distinct_counts_of_its_own(self, program, acme, alice, mallory, fred):
        """One visitor through two links of alice and one of mallory: in all, and by alice, it is one.

        By alice it came first through the link that was clicked first.
        """
        first, chat = alice.links.get(), links.create(advocate=alice, code="CHAT", channel="chat", at=NOON)
        for number, link in enumerate((chat, first, mallory.links.get())):
            click(link, at=NOON + number * MINUTE)
        shares.record(storefront=acme, kind="view", code="CHAT", at=NOON)
        shares.record(storefront=acme, kind="share", code="CHAT", channel="copy", at=NOON)
        row = counted(program)
        assert (row.clicks, row.visitors, row.shown, row.sharers, row.active) == (3, 1, 1, 1, 2)
        clicked, shared = {"clicks": 1, "visitors": 1, "active": 1}, {"shown": 1, "sharers": 1}
        assert cuts(program) == {
            ("channel", ""): clicked | {"clicks": 2, "active": 2},
            ("channel", "chat"): clicked | shared,
            ("linkday", str(first.pk)): {"clicks": 1, "visitors": 1},
            ("linkday", str(chat.pk)): {"clicks": 1, "visitors": 1, "first_visitors": 1, "shown": True, "shared": True},
            ("linkday", str(mallory.links.get().pk)): {"clicks": 1, "visitors": 1, "first_visitors": 1},
        }
        assert list(rollups.differences(acme, at=NOON + DAY)) == []

    def test_a_link_that_a_merge_gave_away_keeps_what_was_counted_before(self, program, acme, alice, mallory):
        link = alice.links.get()
        click(link, at=NOON - DAY)
        assert counted(program, TODAY - timedelta(days=1)).clicks == 1
        LinkMove.objects.create(link=link, program=program, advocate=alice, until=NOON - DAY + HOUR)
        Link.objects.filter(pk=link.pk).update(advocate=mallory)
        click(link, at=NOON)
        Share.objects.create(storefront=acme, link=link, kind="share", channel="", at=NOON - DAY)
        for _ in range(2):
            counted(program)
            rollups.rebuild(storefront=acme)
            rollups.recount(at=NOON + DAY)
            owners = LinkDay.objects.order_by("day").values_list("advocate_id", "clicks", "shared")
            assert list(owners) == [(alice.pk, 1, True), (mallory.pk, 1, False)]
            LinkDay.objects.all().delete()
        rollups.rebuild(storefront=acme)
        rollups.recount(at=NOON + DAY)
        assert list(rollups.differences(acme, at=NOON + DAY)) == []

    def test_a_friend_counts_by_what_the_facts_froze(self, program, alice, fred, acme):
        link = alice.links.get()
        told = brought_by(link, fred, at=NOON - DAY, clicked_at=NOON - DAY - HOUR, segments=["vip", "old"])
        converted(told, bought(fred, at=NOON), frozen={"advocate_segments": ["vip"]})
        bought(person(acme, "ginny"), at=NOON)
        bought(fred, at=NOON + HOUR)
        row = counted(program, at=NOON + DAY)
        assert (row.orders, row.new_customers, row.referred_orders, row.referred_new_customers) == (3, 2, 1, 1)
        # 25 hours: of the buckets 0–1, 1–2, 2–3, 3–4, 4–6, 6–8, 8–12, 12–18, 18–24, 24–36 …
        first = {"converted_referrals": 1, "times": [0] * 9 + [1] + [0] * 16}
        orders = {"conversions": 1, "revenue_minor": 5000, "referred_orders": 1, "referred_new_customers": 1}
        bound = {"referrals": 1, "bound_of_clicked": 1, "converted_of_clicked": 1, "converted_of_bound": 1}
        assert cuts(program) == {
            ("advocate", str(alice.pk)): first | orders,
            ("channel", ""): first | orders,
            ("link", str(link.pk)): first | orders,
            ("segment", "old"): first,
            ("segment", "vip"): first | orders,
        }
        yesterday = cuts(program, TODAY - timedelta(days=1))
        assert set(yesterday) == {*cuts(program)}
        assert all(each == bound for each in yesterday.values())
        assert row.converted_of_enrolled == 1

    def test_who_is_said_to_have_ordered_before_is_no_new_customer_unless_it_was_imported(self, program, acme, fred):
        regular = person(acme, "regular")
        for customer, history in ((fred, False), (regular, False), (person(acme, "imported"), True)):
            bought(customer, at=NOON, history=history)
        Customer.objects.exclude(pk=fred.pk).update(orders_before=12)
        assert counted(program).new_customers == 2
        # Of a person whichever of their records says so.
        Customer.objects.filter(pk=regular.pk).update(merged_into=fred.public_id)
        Customer.objects.filter(pk=fred.pk).update(absorbed=True)
        assert counted(program).new_customers == 1

    def test_what_is_no_more_becomes_nothing(self, program, alice, fred):
        referral = brought_by(alice.links.get(), fred, at=NOON, segments=["vip"])
        counted(program)
        Referral.objects.filter(pk=referral.pk).update(ended_at=NOON)
        counted(program)
        assert set(map(str, cuts(program).values())) == {"{}"}


class TestMarks:
    def test_an_order_marks_its_day_in_every_program_of_its_storefront(self, program, acme, rival, fred):
        cast.program(acme, slug="second")
        cast.program(rival, slug="rivals")
        order = bought(fred, at=NOON - 3 * DAY)
        rollups.mark(events=[event("order.recorded", order, placed_at=order.placed_at)], at=NOON)
        assert marked() == {("friends", date(2026, 2, 27)), ("second", date(2026, 2, 27))}

    def test_that_somebody_ordered_before_marks_the_day_of_their_first_order(self, program, fred):
        bought(fred, at=NOON - 3 * DAY)
        rollups.mark(events=[event("customer.changed", fred, version=2, orders_before=0)], at=NOON)
        assert marked() == set()
        rollups.mark(events=[event("customer.changed", fred, version=3, orders_before=7)], at=NOON)
        assert marked() == {("friends", date(2026, 2, 27))}

    def test_an_order_that_moved_marks_the_day_it_left(self, program, fred):
        order = bought(fred, at=NOON)
        event("order.recorded", order, placed_at=NOON - 5 * DAY)
        rollups.mark(events=[event("order.changed", order, version=2, placed_at=NOON)], at=NOON)
        assert marked() == {("friends", date(2026, 2, 25)), ("friends", TODAY)}

    def test_days_are_those_of_the_storefront(self, db):
        shop = cast.acme(time_zone="Asia/Tokyo")
        cast.program(shop)
        order = bought(person(shop, "fred"), at=datetime(2026, 3, 2, 15, tzinfo=UTC))
        rollups.mark(events=[event("order.recorded", order, placed_at=order.placed_at)], at=NOON)
        assert marked() == {("friends", date(2026, 3, 3))}

    def test_the_first_conversion_marks_its_day_the_orders_the_next_one_and_where_the_friend_came_from(
        self, program, alice, fred
    ):
        """A refund of it makes a later one the first that stands; one that stands before it is still the first."""
        referral = brought(alice, fred, at=NOON - 9 * DAY)
        before = converted(referral, bought(fred, at=NOON - 9 * DAY), stands=False)
        second = converted(referral, bought(fred, at=NOON - 6 * DAY, paid_at=NOON - 5 * DAY))
        converted(referral, bought(fred, at=NOON))
        days = {date(2026, 2, 24): "orders", date(2026, 2, 25): "conversions converted", TODAY: "converted"}
        recorded = event("conversion.recorded", second)
        rollups.mark(events=[recorded], at=NOON)
        assert asked() == days | {date(2026, 2, 21): "cohorts", TODAY: "converted enrolled"}  # alice joined today
        Mark.objects.all().delete()
        Conversion.objects.filter(pk=before.pk).update(stands=True)
        rollups.mark(events=[recorded], at=NOON)
        assert asked() == days
        Mark.objects.all().delete()
        rollups.mark(events=[event("conversion.adjusted", second, version=2)], at=NOON)
        assert asked() == {date(2026, 2, 25): "conversions"}

    def test_a_refund_of_an_order_that_nobody_brought_marks_nothing(self, program, fred):
        order = bought(fred, at=NOON - DAY)
        rollups.mark(events=[event("order.refunded", order, placed_at=order.placed_at)], at=NOON)
        assert asked() == {}

    def test_an_order_marks_the_day_of_the_next_which_may_have_been_the_first(self, program, fred):
        """Also where two came at the same moment."""
        bought(fred, at=NOON)
        bought(fred, at=NOON - DAY)
        both = [bought(fred, at=NOON - 3 * DAY) for _ in range(2)]
        rollups.mark(events=[event("order.recorded", one, placed_at=one.placed_at) for one in both], at=NOON)
        assert asked() == {date(2026, 2, 27): "orders", date(2026, 3, 1): "orders"}

    def test_a_referral_and_an_advocate_mark_their_days(self, program, alice, fred):
        referral = brought(alice, fred, at=NOON - DAY)
        events = [event("referral.created", referral), event("advocate.enrolled", alice, version=9)]
        rollups.mark(events=events, at=NOON)
        assert asked() == {date(2026, 3, 1): "cohorts referrals", TODAY: "people"}

    def test_no_events_mark_nothing(self, program):
        rollups.mark(events=[], at=NOON)
        assert marked() == set()


class TestRecount:
    def test_counts_a_marked_day_and_forgets_its_marks(self, program, fred):
        bought(fred, at=NOON)
        Mark.objects.bulk_create([Mark(program=program, day=TODAY)] * 3)
        rollups.recount(at=NOON)
        assert Day.objects.get(program=program, day=TODAY).orders == 1
        assert marked() == set()

    def test_twice_gives_the_same(self, program, alice, fred):
        converted(brought(alice, fred, at=NOON), bought(fred, at=NOON))
        once = counted(program)
        again = counted(program)
        assert {**once.__dict__, "_state": 0} == {**again.__dict__, "_state": 0}

    def test_a_day_that_holds_nothing_any_more_counts_0(self, program, fred):
        order = bought(fred, at=NOON)
        assert counted(program).orders == 1
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        Mark.objects.create(program=program, day=TODAY)
        rollups.recount(at=NOON)
        assert Day.objects.get(program=program, day=TODAY).orders == 0

    def test_the_first_day_of_a_program_brings_the_orders_from_before_it(self, acme, fred):
        bought(fred, at=NOON - 20 * DAY)
        fresh = cast.program(acme, slug="fresh")
        Mark.objects.create(program=fresh, day=TODAY)
        rollups.recount(at=NOON)
        assert Day.objects.get(program=fresh, day=TODAY - timedelta(days=20)).orders == 1

    def test_stops_when_its_time_is_over_and_loses_nothing(self, program, monkeypatch):
        monkeypatch.setattr(recounting, "AT_ONCE", 1)
        Mark.objects.bulk_create([Mark(program=program, day=TODAY - timedelta(days=days)) for days in range(3)])
        assert rollups.recount(at=NOON, seconds=0) == 1
        assert Mark.objects.count() == 2

    def test_takes_more_than_a_batch(self, program, monkeypatch):
        monkeypatch.setattr(recounting, "AT_ONCE", 2)
        Mark.objects.bulk_create([Mark(program=program, day=TODAY - timedelta(days=days)) for days in range(5)])
        assert rollups.recount(at=NOON) == 5


class TestDifferences:
    def test_none_after_a_recount(self, program, alice, fred, acme):
        click(alice.links.get(), at=NOON)
        converted(brought(alice, fred, at=NOON), bought(fred, at=NOON))
        counted(program)
        assert list(rollups.differences(acme, at=NOON + DAY)) == []

    def test_say_which_count_of_which_day_is_off(self, program, acme, alice, fred):
        bought(fred, at=NOON)
        shares.record(storefront=acme, kind="share", code=alice.links.get().code, at=NOON - HOUR)
        counted(program)
        Day.objects.filter(program=program, day=TODAY).update(orders=7)
        LinkDay.objects.filter(program=program).update(shared=False, shown=True)
        DayCut.objects.create(program=program, day=TODAY, cut="channel", key="mail", times=[0, 1], referrals=1)
        assert list(rollups.differences(acme, at=NOON)) == [
            *(
                f"Friends of Acme, 2026-03-02, {part}: {count} is {kept}, a recount finds {1 - kept}."
                for part in (f"advocate {alice.pk}", f"link {alice.links.get().pk}")
                for count, kept in (("shown", 1), ("sharers", 0), ("active", 0))
            ),
            "Friends of Acme, 2026-03-02, channel none: who was active is not who its links say.",
            "Friends of Acme, 2026-03-02, channel mail: referrals is 1, a recount finds 0.",
            "Friends of Acme, 2026-03-02, channel mail: times is [0, 1], a recount finds [].",
            "Friends of Acme, 2026-03-02: orders is 7, a recount finds 1.",
        ]
        assert len(list(rollups.differences(at=NOON))) == 10

    def test_name_a_day_that_is_missing(self, program, acme, alice, fred):
        counted(program)
        bought(fred, at=NOON - DAY)
        assert list(rollups.differences(acme, at=NOON)) == [
            "Friends of Acme, 2026-03-01: orders is 0, a recount finds 1.",
            "Friends of Acme, 2026-03-01: new_customers is 0, a recount finds 1.",
        ]

    def test_leave_out_what_waits_to_be_counted(self, program, acme, alice, fred):
        counted(program)
        bought(fred, at=NOON)
        click(alice.links.get(), at=NOON)
        Mark.objects.create(program=program, day=TODAY)
        assert list(rollups.differences(acme, at=NOON)) == []

    def test_leave_out_a_storefront_with_events_on_their_way_but_not_for_a_stuck_one(self, program, acme, alice, fred):
        counted(program)
        bought(fred, at=NOON)
        pending = Pending.objects.create(
            storefront=acme, lane="people", event=event("order.recorded", fred, placed_at=NOON)
        )
        assert list(rollups.differences(acme, at=NOON)) == []
        Pending.objects.filter(pk=pending.pk).update(stuck_at=NOON)
        assert len(list(rollups.differences(acme, at=NOON))) == 2

    def test_of_one_storefront_are_not_told_to_another(self, program, alice, rival, fred):
        counted(program)
        bought(fred, at=NOON)
        assert len(list(rollups.differences(at=NOON))) == 2
        assert list(rollups.differences(rival, at=NOON)) == []


def test_what_the_verbs_tell_marks_all_that_they_change(program, acme, alice):
    """The whole way from the verbs through the lane to the days: a recount of all finds nothing else."""

    def told():
        while drain("people", at=NOON):
            pass
        rollups.recount(at=NOON)
        assert not Mark.objects.exists()
        assert list(rollups.differences(acme, at=NOON)) == []
        return {row.day.day: (row.orders, row.converted_referrals, row.conversions) for row in Day.objects.all()}

    def buy(external_id, days_ago, **fields):
        fields = cast.order(external_id, at=NOON - days_ago * DAY, customer={"external_id": "fred"}, **fields)
        return orders.record(storefront=acme, orders=[fields], at=NOON)[0]

    code = alice.links.get().code
    assert told() == {2: (0, 0, 0)}
    first = buy("1001", 2, referral_code=code)
    buy("1002", 1)
    assert told() == {2: (0, 0, 0), 28: (1, 1, 1), 1: (1, 0, 1)}
    orders.refund(order=first.order, refund={"refund_id": "r1", "amount_minor": 5400}, at=NOON)
    assert told() == {2: (0, 0, 0), 28: (1, 0, 0), 1: (1, 1, 1)}
    orders.undo_refund(order=first.order, refund_id="r1", at=NOON)
    moved = {"placed_at": NOON - 3 * DAY, "updated_at": NOON}
    orders.change(storefront=acme, external_id="1001", fields=moved, at=NOON)
    assert told() == {2: (0, 0, 0), 27: (1, 0, 0), 28: (0, 1, 1), 1: (1, 0, 1)}
    conversions.review(conversion=first.conversion, side="both", review="rejected", at=NOON)
    assert told() == {2: (0, 0, 0), 27: (1, 0, 0), 28: (0, 0, 0), 1: (1, 1, 1)}
    orders.change(storefront=acme, external_id="1002", fields={"status": "cancelled", "updated_at": NOON}, at=NOON)
    assert told() == {2: (0, 0, 0), 27: (1, 0, 0), 28: (0, 0, 0), 1: (0, 0, 0)}


class TestACellThatFails:
    @pytest.fixture
    def broken(self, program, monkeypatch):
        """Yesterday cannot be counted; answers the days that were tried, those of each try together."""
        count, tried = recounting.count, []

        def fail_yesterday(cells_of):
            (marked_days,) = (cells for question, cells in cells_of.items() if "orders" in question.columns)
            tried.append([day for _, day in marked_days])
            if TODAY - DAY in tried[-1]:
                raise RuntimeError("statement timeout")
            return count(cells_of)

        monkeypatch.setattr(recounting, "count", fail_yesterday)
        monkeypatch.setattr(recounting, "_failing", set())
        return tried

    def test_stops_no_other_keeps_its_mark_and_is_taken_last(self, program, broken):
        days = [TODAY - number * DAY for number in range(3)]
        alone = [[day] for day in days]
        for expected in ([[*days], *alone], [[days[0], days[2]], [days[1]]]):
            broken.clear()
            Mark.objects.bulk_create([Mark(program=program, day=day) for day in days])
            assert rollups.recount(at=NOON) == 2
            assert [sorted(tried, reverse=True) for tried in broken] == expected
            assert marked() == {("friends", days[1])}

    def test_is_counted_when_it_can_be(self, program, broken, monkeypatch):
        Mark.objects.create(program=program, day=TODAY - DAY)
        assert rollups.recount(at=NOON) == 0
        failing = recounting._failing
        monkeypatch.undo()
        monkeypatch.setattr(recounting, "_failing", failing)
        assert rollups.recount(at=NOON) == 1
        assert (marked(), failing) == (set(), set())


def test_the_search_for_open_clicks_does_not_look_into_old_months(program):
    for moment in (NOON - 200 * DAY, NOON):
        clicks.keep_partitions(at=moment)
    with CaptureQueriesContext(connection) as captured:
        recounting.open_clicks(at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + captured[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "referrals_click_2026_03" in plan
    assert "referrals_click_2025" not in plan
