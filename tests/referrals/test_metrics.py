import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from advocacy import ids
from advocacy.models import Program, Storefront
from advocacy.refusals import Refused
from referrals import links, metrics, rollups, shares
from referrals.metrics.rates import quantile
from referrals.models import BitsField, Day, DayAdvocates, DayCut, Link, LinkDay
from tests import cast
from tests.cast import DAY, HOUR, NOON
from tests.referrals.history import bought, brought, brought_by, click, converted, person

TODAY = NOON.date()
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def day(program, ago=0, **counts):
    """The roll-up of a day, so many days ago."""
    return Day.objects.create(program=program, day=TODAY - timedelta(days=ago), counted_at=NOON, **counts)


def rates(program, **options):
    return told(metrics.of_program(program=program, at=NOON, **options))


def told(measured):
    """Numerator, denominator and value of the rates that have a numerator."""
    return {
        name: (rate["numerator"], rate["denominator"], rate["value"])
        for name, rate in measured["metrics"].items()
        if rate["numerator"]
    }


class TestRates:
    def test_are_named_by_both_ends(self, program):
        day(program, visitors=100, referrals=20, converted_referrals=5, advocates_enrolled=10)
        day(program, ago=2, orders=50, referred_orders=6, new_customers=40, referred_new_customers=2)
        # Whoever was shown or shared on two days is one advocate.
        for ago, who in ((0, "10"), (2, "11")):
            bits = {"shown": who, "active": who, "sharers": "10"}
            own = {name: own.ljust(BitsField.WIDTH, "0") for name, own in bits.items()}
            DayAdvocates.objects.create(program=program, day=TODAY - timedelta(days=ago), channel="", page=3, **own)
        assert rates(program) == {
            "click_to_signup": (20, 100, 0.2),
            "signup_to_conversion": (5, 20, 0.25),
            "click_to_conversion": (5, 100, 0.05),
            "acquisition_rate": (5, 10, 0.5),
            "referral_rate_orders": (6, 50, 0.12),
            "referral_rate_customers": (2, 40, 0.05),
            "share_rate": (1, 2, 0.5),
            "participation_rate": (2, 10, 0.2),
        }

    def test_carry_their_definition_interval_period_zone_and_view(self, program):
        day(program, visitors=100, converted_referrals=5)
        assert metrics.of_program(program=program, at=NOON)["metrics"]["click_to_conversion"] == {
            "definition": {"id": "click_to_conversion", "sentence": "Friends converted ÷ visitors who clicked."},
            "numerator": 5,
            "denominator": 100,
            "value": 0.05,
            "interval": [0.02154, 0.11175],
            "reason": None,
            "unit": "share",
            "p90": None,
            "previous": None,
            "change": None,
            "period": {"from": date(2026, 2, 1), "to": TODAY},
            "time_zone": "UTC",
            "mature": False,
            "view": "calendar",
        }

    def test_of_nothing_are_not_known(self, program):
        measured = metrics.of_program(program=program, at=NOON)["metrics"]
        assert {(rate["numerator"], rate["value"], rate["interval"]) for rate in measured.values()} == {(0, None, None)}
        assert measured["share_rate"]["reason"] == "No advocate was shown a place to share from."
        assert measured["time_to_conversion"]["reason"] == "No friend who had clicked was converted."

    def test_without_any_success_are_0_with_an_interval(self, program):
        day(program, visitors=20)
        measured = metrics.of_program(program=program, at=NOON)["metrics"]["click_to_signup"]
        assert (measured["value"], measured["interval"]) == (0, [0, 0.16113])

    def test_above_1_are_not_clamped_and_have_no_interval(self, program):
        """Friends of last month buy in this one; codes are typed without a click."""
        day(program, visitors=2, referrals=3, converted_referrals=4)
        measured = metrics.of_program(program=program, at=NOON)["metrics"]
        assert rates(program)["click_to_signup"] == (3, 2, 1.5)
        assert rates(program)["signup_to_conversion"] == (4, 3, 1.33333)
        assert measured["click_to_signup"]["interval"] is None

    def test_acquisition_counts_the_advocates_of_all_time_until_the_end(self, program):
        day(program, ago=300, advocates_enrolled=6)
        day(program, ago=10, advocates_enrolled=2, converted_referrals=3)
        day(program, advocates_enrolled=5)
        before = TODAY - timedelta(days=1)
        assert rates(program, since=TODAY - timedelta(days=12), until=before)["acquisition_rate"] == (3, 8, 0.375)

    def test_of_orders_are_of_30_days_whatever_the_period(self, program):
        day(program, ago=30, orders=100)
        day(program, ago=29, orders=3, referred_orders=1)
        day(program, orders=1)
        assert rates(program, since=TODAY)["referral_rate_orders"] == (1, 4, 0.25)
        measured = metrics.of_program(program=program, since=TODAY, at=NOON)
        assert measured["metrics"]["referral_rate_orders"]["period"] == {"from": date(2026, 2, 1), "to": TODAY}
        assert measured["counts"]["orders"]["value"] == 1

    def test_are_of_this_program_only(self, program, acme):
        day(cast.program(acme, slug="second"), visitors=9, referrals=1)
        assert rates(program) == {}


class TestCounts:
    def test_add_up_the_days_of_the_period(self, program):
        for ago in range(4):
            day(program, ago, clicks=10**ago, rejected_conversions=1)
        counts = metrics.of_program(
            program=program, since=TODAY - timedelta(days=2), until=TODAY - timedelta(days=1), at=NOON
        )["counts"]
        assert (counts["clicks"]["value"], counts["rejected_conversions"]["value"]) == (110, 2)
        assert counts["clicks"]["definition"]["id"] == "clicks"

    def test_revenue_is_in_the_programs_currency(self, program):
        day(program, revenue_minor=550)
        measured = metrics.of_program(program=program, at=NOON)
        assert measured["revenue"]["value"] == {"amount_minor": 550, "currency": "EUR"}

    def test_from_what_happened_to_what_is_shown(self, program, alice, fred):
        link = alice.links.get()
        click(link, at=NOON)
        click(link, at=NOON, visitor="v2")
        converted(brought(alice, fred, at=NOON), bought(fred, at=NOON))
        bought(person(program.storefront, "ginny"), at=NOON)
        rollups.rebuild(storefront=program.storefront)
        rollups.recount(at=NOON)
        assert rates(program) == {
            "click_to_signup": (1, 2, 0.5),
            "signup_to_conversion": (1, 1, 1),
            "click_to_conversion": (1, 2, 0.5),
            "acquisition_rate": (1, 1, 1),
            "referral_rate_orders": (1, 2, 0.5),
            "referral_rate_customers": (1, 2, 0.5),
            "participation_rate": (1, 1, 1),
        }


@pytest.fixture
def story(program, acme, alice, mallory):
    """Two advocates, two channels, a click each; fred buys after 30 hours, ginny joins, a stranger buys."""
    shares.record(storefront=acme, kind="view", code=alice.links.get().code, at=NOON - 9 * DAY)
    chat = links.create(advocate=mallory, code="CHAT", channel="chat", at=NOON - 9 * DAY)
    first = alice.links.get()
    for link, ago in ((first, 9), (chat, 8), (chat, 2)):
        click(link, at=NOON - ago * DAY, visitor=f"v{ago}")
    fred, ginny = person(acme, "fred"), person(acme, "ginny")
    bond = brought_by(first, fred, at=NOON - 9 * DAY + HOUR, clicked_at=NOON - 9 * DAY, segments=["vip"])
    converted(bond, bought(fred, at=NOON - 8 * DAY + 6 * HOUR), frozen={"advocate_segments": ["vip"]})
    brought_by(chat, ginny, at=NOON - 2 * DAY, clicked_at=NOON - 2 * DAY)
    bought(person(acme, "stranger"), at=NOON - HOUR)
    rollups.rebuild(storefront=acme)
    rollups.recount(at=NOON)
    return program


def grouped(program, group_by, **options):
    measured = metrics.of_program(program=program, at=NOON, group_by=group_by, **options)
    return {each["group"]["label"]: told(each) for each in measured["groups"]}


class TestGroups:
    def test_have_numbers_of_their_own(self, story):
        everybody = {"referral_rate_orders": (1, 2, 0.5), "referral_rate_customers": (1, 2, 0.5)}
        brought = {"signup_to_conversion": (1, 1, 1), "time_to_conversion": (1, 1, 30.0)} | everybody
        came = {"click_to_signup": (1, 1, 1), "click_to_conversion": (1, 1, 1)}
        chat = {"click_to_signup": (1, 2, 0.5)}
        assert grouped(story, "channel") == {"(none)": brought | came, "chat": chat}
        assert grouped(story, "link")["CHAT"] == chat
        assert list(grouped(story, "advocate").values()) == [brought | came, chat]
        assert grouped(story, "segment") == {"vip": brought}

    def test_of_time_are_cut_to_the_period(self, story):
        weeks = grouped(story, "week", since=TODAY - timedelta(days=9))
        assert list(weeks) == ["2026-02-21", "2026-02-23", "2026-03-02"]
        assert weeks["2026-02-21"]["click_to_signup"] == (1, 2, 0.5)
        assert weeks["2026-02-23"]["click_to_signup"] == (1, 1, 1)
        assert grouped(story, "month")["2026-03-01"]["referral_rate_orders"] == (1, 2, 0.5)

    def test_that_a_rate_does_not_have_say_why(self, story):
        (vip,) = metrics.of_program(program=story, at=NOON, group_by="segment")["groups"]
        assert (vip["metrics"]["click_to_signup"]["value"], vip["metrics"]["click_to_signup"]["reason"]) == (
            None,
            "It cannot be grouped by segment: visitors are not told apart so. Possible: channel, link, advocate, day, "
            "week, month.",
        )
        with pytest.raises(Refused, match="cannot be grouped by segment"):
            metrics.one("click_to_signup", program=story, at=NOON, group_by="segment")

    def test_in_another_zone_of_the_same_hours_are_the_same(self, story):
        """Counted on the spot and from the roll-ups: one question each."""

        def said(**options):
            answer = metrics.of_program(program=story, at=NOON, compare=True, **options)
            return json.dumps(answer | {"counted_at": None}, default=str).replace("Africa/Abidjan", "UTC")

        for view, group_by in (
            ("calendar", None),
            ("calendar", "channel"),
            ("calendar", "week"),
            ("cohort", "segment"),
        ):
            live = said(time_zone="Africa/Abidjan", view=view, group_by=group_by)
            assert live == said(view=view, group_by=group_by), (view, group_by)


class TestOne:
    def test_by_the_day_of_the_step_before_and_until_now(self, story):
        days = {"since": TODAY - timedelta(days=9), "until": TODAY - timedelta(days=9)}
        whole = rates(story, view="cohort", **days)
        assert whole == {
            "click_to_signup": (1, 1, 1),
            "signup_to_conversion": (1, 1, 1),
            "click_to_conversion": (1, 1, 1),
        }
        answer = metrics.one("signup_to_conversion", program=story, at=NOON, view="cohort", **days)
        assert (answer["view"], answer["mature"]) == ("cohort", False)
        later = NOON + 90 * DAY
        assert metrics.one("signup_to_conversion", program=story, at=later, view="cohort", **days)["mature"]
        assert metrics.one("share_rate", program=story, at=NOON, view="cohort")["reason"].startswith("No step")

    def test_beside_the_period_before(self, story):
        days = {"since": TODAY - timedelta(days=6), "until": TODAY}
        answer = metrics.one("click_to_signup", program=story, at=NOON, compare=True, group_by="channel", **days)
        assert (answer["value"], answer["previous"]["value"], answer["change"]) == (1, 0.5, 0.5)
        assert answer["previous"]["period"] == {"from": date(2026, 2, 17), "to": date(2026, 2, 23)}
        (chat,) = answer["groups"]
        assert (chat["group"]["key"], chat["numerator"], chat["previous"]["numerator"]) == ("chat", 1, 0)

    @pytest.mark.parametrize(
        ("name", "options", "status", "words"),
        [
            ("clicks", {}, 404, "There is no metric 'clicks'; there are: share_rate, "),
            ("share_rate", {"group_by": "town"}, 400, "write one of: channel, link, advocate, segment, day"),
            ("share_rate", {"view": "mine"}, 400, "write one of: calendar, cohort."),
            ("share_rate", {"time_zone": "Berlin"}, 400, "write an IANA name such as Europe/Berlin."),
            ("share_rate", {"time_zone": "Asia/Tokyo", "since": date(2025, 11, 1)}, 400, "92 at most; these are 122."),
            ("share_rate", {"group_by": "day", "since": date(2024, 1, 1)}, 400, "400 are shown at most."),
        ],
    )
    def test_that_cannot_be_is_refused_in_words(self, program, name, options, status, words):
        with pytest.raises(Refused) as refusal:
            metrics.one(name, program=program, at=NOON, **options)
        assert (refusal.value.status, words in refusal.value.message) == (status, True), refusal.value.message

    def test_of_clicks_that_are_gone_are_not_known(self, program):
        """In another zone, where they would have to be counted now; what was counted in time stays."""
        old = {"program": program, "at": NOON, "since": TODAY - timedelta(days=402), "until": TODAY - 400 * DAY}
        counted = day(program, ago=401, visitors=9, clicks=9, referrals=3, bound_of_clicked=3)
        assert rates(program, since=old["since"], until=old["until"])["click_to_signup"] == (3, 9, 0.33333)
        Day.objects.filter(pk=counted.pk).update(clicks=0, visitors=0)  # of days before the program was here
        told = metrics.of_program(**old)["metrics"]["click_to_signup"]
        assert (told["value"], told["reason"][:25]) == (None, "Of some of these days nob")
        # A day that was counted too late, though nobody joined on it; and friends of before the program was here.
        Day.objects.filter(pk=counted.pk).update(referrals=0, bound_of_clicked=0)
        Program.objects.filter(pk=program.pk).update(created_at=NOON - 800 * DAY)
        assert metrics.of_program(**old)["counts"]["visitors"]["value"] is None
        Program.objects.filter(pk=program.pk).update(created_at=NOON - DAY)
        assert metrics.of_program(**old)["counts"]["visitors"]["value"] == 0
        day(program, ago=3, referrals=3)
        assert metrics.of_program(program=program, at=NOON)["metrics"]["click_to_signup"]["value"] is None
        measured = metrics.of_program(**old, time_zone="Africa/Abidjan", group_by="day")
        gone = [measured["metrics"], measured["groups"][1]["metrics"]]
        for rate in (each[name] for each in gone for name in ("click_to_signup", "participation_rate")):
            assert (rate["value"], rate["reason"][:25]) == (None, "Of some of these days nob")
        assert measured["metrics"]["signup_to_conversion"]["reason"] == "No friend was bound to an advocate."
        counts = {name: measured["counts"][name]["value"] for name in ("clicks", "visitors", "active", "referrals")}
        assert counts == {"clicks": None, "visitors": None, "active": None, "referrals": 0}


class TestBehind:
    def test_a_number_are_as_many_rows(self, story):
        """Every end of every metric, in both views, whole and in each of its groups, in another zone too."""
        looked = 0
        for view, group_by in (
            ("calendar", None),
            ("calendar", "channel"),
            ("calendar", "week"),
            ("cohort", "segment"),
        ):
            options = {"program": story, "at": NOON, "view": view, "group_by": group_by}
            for name in metrics.METRICS:
                try:
                    answer = metrics.one(name, **options)
                except Refused:
                    continue
                for cell in answer["groups"] if group_by else [answer]:
                    key = cell["group"]["key"] if group_by else None
                    for side in metrics.SIDES if cell["numerator"] is not None else ():
                        for zone in (None, "Africa/Abidjan"):
                            found = metrics.behind(name, side=side, key=key, time_zone=zone, **options)
                            rows = found.numbers.values() if found.numbers else [1] * len(found.rows)
                            assert found.count == sum(rows) == cell[side], (name, view, key, side)
                            looked += 1
        assert looked > 100

    def test_a_part_that_lost_all_it_had_is_none(self, story, mallory):
        """Rows of nothing are left where the storefront's days began at another hour once."""
        other = links.create(advocate=mallory, code="EMPTY", at=NOON)
        own = {"program": story, "day": NOON.date()}
        before = metrics.of_program(program=story, at=NOON, group_by="link")["groups"]
        LinkDay.objects.create(**own, link_id=other.pk, advocate_id=mallory.pk)
        DayCut.objects.create(**own, cut="link", key=str(other.pk))
        after = metrics.of_program(program=story, at=NOON, group_by="link")["groups"]
        assert [each["group"] for each in after] == [each["group"] for each in before]

    def test_a_group_is_named_by_its_key(self, story):
        link = Link.objects.get(code="CHAT")
        chat = {"program": story, "at": NOON, "group_by": "link", "key": ids.encode("lnk", link.public_id)}
        found = metrics.behind("click_to_signup", side="denominator", **chat)
        assert (list(found.rows), found.numbers) == ([link], {link.pk: 2})
        (bond,) = metrics.behind("click_to_signup", **chat).rows
        assert bond.friend.external_id == "ginny"

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"side": "middle"}, "write one of: numerator, denominator."),
            ({"group_by": "week"}, "Send group_by and key together"),
            ({"key": "chat"}, "Send group_by and key together"),
            ({"group_by": "week", "key": "2026-02-24"}, "begins no week of this period; such as 2026-02-01."),
            ({"since": date(2024, 1, 1), "side": "denominator"}, "Clicks are kept for 400 days"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, program, options, words):
        with pytest.raises(Refused) as refusal:
            metrics.behind("click_to_signup", program=program, at=NOON, **options)
        assert (refusal.value.status, words in refusal.value.message) == (400, True), refusal.value.message


@pytest.mark.parametrize(
    ("times", "median", "late"),
    [
        ([], None, None),
        ([4], 0.5, 0.9),
        ([1, 0, 1], 1.0, 2.8),
        ([0] * 9 + [1, 1], 36.0, 45.6),
        ([1] + [0] * 24 + [1], 1.0, None),
        ([0] * 25 + [3], None, None),
    ],
)
def test_quantiles_of_hours(times, median, late):
    assert (quantile(times, 0.5), quantile(times, 0.9)) == (median, late)


class TestPeriod:
    def test_is_mature_when_its_last_day_is_over_in_the_storefronts_zone(self, program):
        def mature(until, at):
            return metrics.of_program(program=program, until=until, at=at)["mature"]

        yesterday = TODAY - timedelta(days=1)
        assert mature(yesterday, MIDNIGHT)
        assert not mature(TODAY, MIDNIGHT)
        Storefront.objects.update(time_zone="America/New_York")
        program.storefront.refresh_from_db()
        assert not mature(yesterday, MIDNIGHT)

    @pytest.mark.parametrize(
        ("since", "until", "field", "sentence"),
        [
            (None, date(2026, 3, 3), "to", "2026-03-03 is in the future; in UTC today is 2026-03-02."),
            (date(2026, 3, 3), None, "from", "2026-03-03 is after the period's end on 2026-03-02; the first day "
             "comes first."),
            (date(2026, 2, 9), date(2026, 2, 8), "from", "2026-02-09 is after the period's end on 2026-02-08; the "
             "first day comes first."),
            (date(1999, 12, 31), None, "from", "1999-12-31 is before anything was counted; write 2000-01-01 or a "
             "later day."),
            (None, date(1, 1, 1), "to", "0001-01-01 is before anything was counted; write 2000-01-01 or a later day."),
        ],
    )  # fmt: skip
    def test_that_cannot_be_is_refused_in_words(self, program, since, until, field, sentence):
        with pytest.raises(Refused) as refusal:
            metrics.of_program(program=program, since=since, until=until, at=NOON)
        assert (refusal.value.code, refusal.value.errors) == ("bad_period", {field: sentence})

    def test_of_one_day_is_a_period(self, program):
        day(program, clicks=3)
        measured = metrics.of_program(program=program, since=TODAY, until=TODAY, at=NOON)
        assert measured["counts"]["clicks"]["value"] == 3


class TestOverview:
    def test_shows_each_program_with_its_series_and_values(self, program, acme):
        day(program, ago=29, clicks=4)
        day(program, ago=30, clicks=100)
        day(program, clicks=2, conversions=1)
        (shown,) = metrics.overview(storefront=acme, at=NOON)
        assert shown["program"] == program
        assert shown["metrics"] == metrics.of_program(program=program, at=NOON)
        assert len(shown["series"]) == 30
        assert shown["series"][0] == {"day": date(2026, 2, 1), "clicks": 4, "referrals": 0, "conversions": 0}
        assert shown["series"][29] == {"day": TODAY, "clicks": 2, "referrals": 0, "conversions": 1}
        assert [each["horizon_days"] for each in shown["lifetime_values"]] == [30, 90, 180, 365, 730]

    def test_has_all_storefronts_but_test_twins(self, program, acme, rival):
        twin = cast.acme(slug="acme-test", test_twin_of=acme)
        cast.program(twin)
        tea = cast.program(rival)
        assert [shown["program"] for shown in metrics.overview(at=NOON)] == [program, tea]
        assert [shown["program"] for shown in metrics.overview(storefront=rival, at=NOON)] == [tea]

    def test_asks_as_many_questions_for_many_programs_as_for_one(self, acme, django_assert_num_queries):
        for number in range(5):
            day(cast.program(acme, slug=f"program-{number}"), clicks=1)
        with django_assert_num_queries(6):
            assert len(metrics.overview(at=NOON + DAY)) == 5

    def test_is_empty_without_programs(self, acme):
        assert metrics.overview(at=NOON) == []


def test_the_documentation_defines_every_count_and_rate():
    documented = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    assert [name for name in (*metrics.COUNTS, *metrics.METRICS, "revenue") if f"| `{name}` |" not in documented] == []
