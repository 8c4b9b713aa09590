from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from advocacy import enrolment, ids
from advocacy.refusals import NotFound, Refused
from referrals import clicks, links, tasks
from referrals.clicks import storage
from referrals.models import Click, VisitorSalt
from tests import cast
from tests.cast import DAY, HOUR, NOON


def open_link(code="ALICE-LINK", host="testserver", at=NOON, **changes):
    said = {"counted": True, "visitor": b"v" * 16, "referrer": "", "query": {}} | changes
    return clicks.open_link(host=host, code=code, at=at, **said)


def test_opening_a_link_stores_the_visit_by_one_statement(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        opened = open_link("alice-Link", referrer="https://chat.example/" + "x" * 600, query={"utm_source": "chat"})
    link, click = alice.links.get(), Click.objects.get()
    assert (opened.click_id, opened.link, opened.code) == (click.id, link.public_id, "ALICE-LINK")
    assert (click.link_id, click.program_id, click.storefront_id) == (link.pk, link.program_id, link.storefront_id)
    assert (click.at, bytes(click.visitor), click.counted) == (NOON, b"v" * 16, True)
    assert (len(click.referrer), click.query) == (500, {"utm_source": "chat"})


def test_what_is_not_stored_is_found_all_the_same(alice):
    opened = open_link(stored=False)
    assert (opened.code, opened.click_id, Click.objects.count()) == ("ALICE-LINK", None, 0)


@pytest.mark.parametrize("code", ["NOBODY", "", "a\0b", "\ud800", "x" * 5000])
def test_an_unknown_code_opens_nothing(alice, code):
    assert open_link(code) is None
    assert not Click.objects.exists()


def test_a_closed_link_opens_nothing(alice, program):
    short = links.create(advocate=alice, code="short", expires_at=NOON + HOUR, at=NOON)
    assert open_link("SHORT")
    assert open_link("SHORT", at=NOON + HOUR) is None
    links.set_status(link=short, status="disabled", at=NOON)
    assert open_link("SHORT") is None
    enrolment.set_status(advocate=alice, status="banned", at=NOON)
    assert open_link() is None


@pytest.mark.parametrize(
    "changes",
    [{"status": "paused"}, {"status": "ended"}, {"starts_at": NOON + HOUR}, {"ends_at": NOON}],
)
def test_a_program_that_is_not_open_opens_nothing(alice, program, changes):
    type(program).objects.update(**changes)
    assert open_link() is None


def test_a_code_on_its_own_host_goes_before_the_shared_one_and_strangers_have_none_there(acme, alice, rival):
    program = cast.program(rival, link_target="destination")
    rival.link_domain = "go.rival.example"
    rival.save()
    theirs = cast.advocate(program, "mallory", code="alice-link").links.get()
    assert open_link(host="GO.rival.example").link == theirs.public_id
    assert open_link(host="testserver").link == alice.links.get().public_id
    cast.advocate(alice.program, "bob", code="bob")
    assert open_link("BOB", host="testserver")
    assert open_link("BOB", host="go.rival.example") is None


def test_links_from_before_a_storefront_had_its_own_host_live_on_there(acme, alice):
    acme.link_domain = "go.acme.example"
    acme.save()
    assert open_link(host="go.acme.example").link == alice.links.get().public_id


def test_a_visit_told_by_the_storefront_is_stored(acme, alice):
    click, link = clicks.record(
        storefront=acme,
        code="alice-link",
        url="https://acme.example/?x=1",
        referrer="https://chat.example/",
        utm={"source": "chat", "utm_medium": "x\0y"},
        visitor=b"v",
        at=NOON,
    )
    stored = Click.objects.get()
    assert (stored.id, stored.link_id, link) == (click.id, link.pk, alice.links.get())
    assert stored.query == {"utm_source": "chat", "utm_medium": "xy", "url": "https://acme.example/?x=1"}


def test_a_visit_of_no_link_or_a_closed_one_is_refused(acme, rival, alice):
    for storefront, code in ((acme, "NOBODY"), (rival, "ALICE-LINK")):
        with pytest.raises(NotFound):
            clicks.record(storefront=storefront, code=code, at=NOON)
    links.set_status(link=alice.links.get(), status="disabled", at=NOON)
    with pytest.raises(Refused) as refusal:
        clicks.record(storefront=acme, code="ALICE-LINK", at=NOON)
    assert refusal.value.code == "link_disabled"
    assert not Click.objects.exists()


def visitor(address, agent="Firefox", at=NOON):
    return clicks.visitor(request_address=address, user_agent=agent, at=at)


def test_a_visitor_is_a_network_and_a_browser_for_one_day(db):
    first = visitor("192.0.2.1")
    assert len(first) == 16
    assert first == visitor("192.0.2.200") == visitor("::ffff:192.0.2.7")
    assert first not in (visitor("192.0.3.1"), visitor("192.0.2.1", "Chrome"), visitor("192.0.2.1", at=NOON + DAY))
    assert visitor("2001:db8:1:2::1") == visitor("2001:db8:1:ffff::1")
    assert visitor("2001:db8:1::1") != visitor("2001:db8:2::1")
    assert visitor("") == visitor("nonsense") == b""


def test_the_days_salt_is_asked_for_once(db, django_assert_num_queries):
    visitor("192.0.2.1")
    with django_assert_num_queries(0):
        visitor("192.0.2.2", at=NOON + HOUR)


def test_salts_of_days_that_are_over_are_forgotten(db):
    for days in (-2, -1, 0):
        VisitorSalt.objects.create(day=(NOON + days * DAY).date(), salt=b"s")
    clicks.keep_salts(at=NOON)
    assert set(VisitorSalt.objects.values_list("day", flat=True)) == {NOON.date(), (NOON + DAY).date()}


def partitions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM referrals_click GROUP BY 1 ORDER BY 1")
        return dict(cursor.fetchall())


def stored(at):
    at_ms = int(at.timestamp() * 1000)
    Click.objects.create(id=ids.uuid7(at_ms), storefront_id=1, program_id=1, link_id=1, at=at, visitor=b"")


def test_clicks_move_into_the_month_of_their_id_when_it_is_made(db):
    months = [datetime(2026, 2, 28, 23, 59, 59, 999000, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), NOON]
    for moment in [*months, datetime(2026, 6, 30, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)]:
        stored(moment)
    for _ in range(2):
        clicks.keep_partitions(at=NOON)
    stored(datetime(2026, 4, 15, tzinfo=UTC))
    assert partitions() == {
        "referrals_click_2026_03": 2,
        "referrals_click_2026_04": 1,
        "referrals_click_2026_06": 1,
        "referrals_click_rest": 2,
    }


def test_old_clicks_are_forgotten_by_whole_months(db, settings):
    settings.CLICK_RETENTION_DAYS = 90
    for moment in (NOON, NOON - timedelta(days=100)):
        stored(moment)
    clicks.keep_partitions(at=NOON)
    stored(NOON + 40 * DAY)
    clicks.prune(at=datetime(2026, 6, 30, tzinfo=UTC) - timedelta(days=1))
    assert partitions() == {"referrals_click_2026_03": 1, "referrals_click_2026_04": 1}
    clicks.prune(at=datetime(2026, 6, 30, tzinfo=UTC))
    assert partitions() == {"referrals_click_2026_04": 1}


def test_the_task_keeps_it_all(db):
    tasks.keep_click_storage()
    assert len(partitions_made()) == 4
    assert VisitorSalt.objects.count() == 2


def partitions_made():
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'referrals_click'::regclass")
        return {name for (name,) in cursor.fetchall()} - {"referrals_click_rest"}


def test_the_statement_is_planned_once_for_a_connection(alice):
    for _ in range(3):
        assert open_link()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s", ["%referrals_click%"])
        assert len(cursor.fetchall()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_costs_no_click():
    alice = cast.alice(cast.program(cast.acme()))
    assert open_link()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        lost = cursor.fetchone()[0]
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    assert open_link().link == alice.links.get().public_id
    assert Click.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_month_waits_for_the_next_beat_while_its_table_is_in_use(monkeypatch, caplog):
    monkeypatch.setattr(storage, "LOCK_TIMEOUT", "50ms")
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT FROM referrals_click_rest")
        clicks.keep_partitions(at=NOON)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert partitions_made() == set()
    clicks.keep_partitions(at=NOON)
    assert len(partitions_made()) == 4
    with connection.cursor() as cursor:
        for name in partitions_made():
            cursor.execute(f"DROP TABLE {name}")
