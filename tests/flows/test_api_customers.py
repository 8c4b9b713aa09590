import pytest

from advocacy import ids
from advocacy.models import Customer, Event
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme):
    return secret(acme)


def test_a_customer_is_put_and_read_again(shop):
    made = shop.put("/customers/fred", {"email": "fred@example.com", "name": "Fred", "country": "DE"})
    assert made.status_code == 201
    customer = made.json()
    assert customer["id"].startswith("cus_")
    assert (customer["external_id"], customer["email"], customer["country"]) == ("fred", "fred@example.com", "DE")
    for name in ("fred", "ext_fred", customer["id"]):
        assert shop.get(f"/customers/{name}").json() == customer


def test_a_put_is_an_upsert_and_the_newest_change_wins(shop):
    made = shop.put("/customers/fred", {"name": "Fred", "updated_at": "2026-03-01T10:00:00Z"})
    older = shop.put("/customers/fred", {"name": "Old Fred", "updated_at": "2026-03-01T10:59:59+01:00"})
    assert (older.status_code, older.json()["name"]) == (200, "Fred")
    newer = shop.put("/customers/fred", {"name": "New Fred", "updated_at": "2026-03-01T10:00:01Z"})
    assert (newer.status_code, newer.json()["name"]) == (200, "New Fred")
    assert [answer.get("Advocacy-Outdated") for answer in (made, older, newer)] == [None, "true", None]
    assert Customer.objects.count() == 1
    assert Event.objects.filter(type="customer.created").count() == 1


def test_our_id_can_be_put_too_and_ext_names_theirs(shop):
    ours = shop.put("/customers/fred", {"name": "Fred", "updated_at": "2026-03-01T10:00:00Z"}).json()["id"]
    assert shop.put(f"/customers/{ours}", {"name": "Freddy"}).json()["name"] == "Freddy"
    assert shop.put("/customers/ext_fred", {"name": "Fredo"}).json()["id"] == ours
    assert shop.get("/customers/cus_zzz").status_code == 404
    assert shop.put("/customers/fred", {"external_id": "gina"}).json()["errors"] == {
        "external_id": "differs from the address: fred"
    }


def test_a_guest_is_put_by_our_id_and_given_an_id_of_their_own(shop, acme):
    guest = cast.customer(acme, "gina", external_id=None)
    path = f"/customers/{ids.encode('cus', guest.public_id)}"
    assert shop.put(path, {"name": "Gina"}).json()["external_id"] is None
    known = shop.put(path, {"external_id": "gina"}).json()
    assert (known["external_id"], known["name"], known["email"]) == ("gina", "Gina", "gina@example.com")
    assert Customer.objects.count() == 1


def test_another_storefront_sees_nobody(shop, rival):
    customer = shop.put("/customers/fred", {"name": "Fred"}).json()
    other = secret(rival)
    assert other.get("/customers").json() == {"data": [], "next_cursor": None}
    for name in ("fred", "ext_fred", customer["id"]):
        assert other.get(f"/customers/{name}").status_code == 404
    assert other.put(f"/customers/{customer['id']}", {"name": "Mine"}).status_code == 404
    assert other.put("/customers/fred", {"name": "Their own Fred"}).status_code == 201
    assert Customer.objects.get(external_id="fred", storefront__slug="acme").name == "Fred"


def test_a_list_is_read_page_by_page_newest_first(shop):
    for number in range(5):
        shop.put(f"/customers/c{number}", {})
    first = shop.get("/customers", limit=2).json()
    second = shop.get("/customers", limit=2, cursor=first["next_cursor"]).json()
    third = shop.get("/customers", limit=2, cursor=second["next_cursor"]).json()
    seen = [customer["external_id"] for page in (first, second, third) for customer in page["data"]]
    assert seen == ["c4", "c3", "c2", "c1", "c0"]
    assert third["next_cursor"] is None


def test_a_full_last_page_has_no_successor(shop):
    for number in range(2):
        shop.put(f"/customers/c{number}", {})
    assert shop.get("/customers", limit=2).json()["next_cursor"] is None


def test_a_cursor_of_another_storefront_or_list_is_refused(shop, rival):
    for number in range(3):
        shop.put(f"/customers/c{number}", {})
    cursor = shop.get("/customers", limit=1).json()["next_cursor"]
    assert secret(rival).get("/customers", cursor=cursor).status_code == 400
    assert shop.get("/events", cursor=cursor).status_code == 400


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": "0"}, "limit must be from 1 to 100."),
        ({"limit": "101"}, "limit must be from 1 to 100."),
        ({"limit": "ten"}, "limit must be a whole number from 1 to 100."),
        ({"limit": "-1"}, "limit must be a whole number from 1 to 100."),
        ({"cursor": "x"}, "cursor must be a next_cursor of this list; begin again without one."),
        (
            {"created_after": "today"},
            "created_after must be a time with its offset, such as 2026-11-22T10:15:00",
        ),
        ({"created_after": "2026-11-22"}, "created_after is a day: send time_zone with it, an IANA name such as"),
        ({"created_after": "2026-11-22", "time_zone": "Mars/X"}, "time_zone 'Mars/X' is not known; send an IANA name"),
        (
            {"sort": "name"},
            "unknown query parameter: 'sort'; it takes created_after, created_before, cursor, limit, "
            "recorded_after, recorded_before, segment, time_zone.",
        ),
        ({"limit": ["1", "2"]}, "The query parameter limit is sent twice; send it once."),
        ({"limit": "1\0"}, "A text holds a NUL character"),
        ({"a\0": "1"}, "A text holds a NUL character"),
    ],
)
def test_wrong_query_parameters_are_refused_in_words(shop, query, said):
    answer = shop.get("/customers", **query)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_nul_in_the_address_is_refused(shop):
    assert shop.get("/customers/a%00b").status_code == 400
    assert shop.put("/customers/a%00b", {}).status_code == 400


def test_periods_include_their_beginning_and_not_their_end(shop):
    shop.put("/customers/fred", {})
    at = Customer.objects.get().recorded_at.isoformat()
    assert len(shop.get("/customers", created_after=at).json()["data"]) == 1
    assert len(shop.get("/customers", created_before=at).json()["data"]) == 0
    assert len(shop.get("/customers", recorded_after=at).json()["data"]) == 1
    assert len(shop.get("/customers", recorded_before=at).json()["data"]) == 0


def test_segments_are_counted_and_their_customers_listed(acme, rival):
    shop = secret(acme)
    for name, said in [("fred", ["vip", "vip", 7]), ("ina", ["vip", "new"]), ("mia", "vip"), ("gina", [""])]:
        shop.put(f"/customers/{name}", {"traits": {"segments": said}})
    shop.put("/customers/lea", {})
    counted = [{"name": "vip", "customers": 2}, {"name": "new", "customers": 1}]
    assert shop.get("/segments").json() == {"data": counted}
    assert [shop.get(f"/segments/{one['name']}").json() for one in counted] == counted
    assert shop.get("/segments/nobody").json()["code"] == "unknown_segment"
    for name, people in [("vip", ["ina", "fred"]), ("new", ["ina"]), ("none", [])]:
        assert [one["external_id"] for one in shop.get("/customers", segment=name).json()["data"]] == people
    assert shop.get("/customers/fred").json()["segments"] == ["vip"]
    assert secret(rival).get("/segments").json() == {"data": []}
