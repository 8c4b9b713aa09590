import pytest

from advocacy import customers, ids
from advocacy.models import Customer, Event
from advocacy.refusals import NotFound, Refused
from tests.cast import DAY, NOON


def upsert(acme, at=NOON, **fields):
    return customers.upsert(storefront=acme, fields=fields, at=at)


def test_a_new_customer_is_told_once(acme):
    fred, created = upsert(acme, external_id="fred", email="Fred+shop@Example.com", orders_before=2)
    assert created
    assert (fred.email, fred.email_key) == ("Fred+shop@Example.com", "fred@example.com")
    again, created_again = upsert(acme, external_id="fred", email="Fred+shop@Example.com", orders_before=2)
    assert (again.pk, created_again) == (fred.pk, False)
    event = Event.objects.get()
    assert (event.type, event.subject_id, event.version) == ("customer.created", fred.public_id, 1)
    assert event.facts == {"identified": True, "orders_before": 2}


def test_the_newest_news_wins_whenever_it_arrives(acme):
    upsert(acme, external_id="fred", name="Fred", updated_at=NOON)
    upsert(acme, external_id="fred", name="Frederic", updated_at=NOON - DAY)
    assert Customer.objects.get().name == "Fred"
    upsert(acme, external_id="fred", name="Freddy", updated_at=NOON, at=NOON + DAY)
    assert Customer.objects.get().name == "Freddy"


def test_what_is_not_said_stays(acme):
    upsert(acme, external_id="fred", email="fred@example.com", name="Fred", traits={"plan": "gold"})
    fred, _ = upsert(acme, external_id="fred", country="DE")
    assert (fred.name, fred.email, fred.traits, fred.country) == ("Fred", "fred@example.com", {"plan": "gold"}, "DE")


def test_a_guest_is_adopted_by_the_account_that_follows(acme):
    guest, _ = upsert(acme, email="fred@example.com")
    fred, created = upsert(acme, external_id="fred", email="Fred+x@example.com", updated_at=NOON - DAY)
    assert (fred.pk, created, fred.external_id) == (guest.pk, False, "fred")


def test_a_guest_order_of_an_account_is_the_account(acme):
    fred, _ = upsert(acme, external_id="fred", email="fred@example.com")
    assert upsert(acme, email="FRED@example.com") == (fred, False)


def test_two_accounts_with_one_address_are_two_people(acme):
    fred, _ = upsert(acme, external_id="fred", email="fred@example.com")
    mallory, created = upsert(acme, external_id="mallory", email="fred@example.com")
    assert created
    assert mallory.pk != fred.pk
    assert mallory.email_key == fred.email_key


def test_who_gives_neither_id_nor_address_is_a_new_guest_each_time(acme):
    first, _ = upsert(acme, name="Somebody")
    second, created = upsert(acme, name="Somebody")
    assert created
    assert first.pk != second.pk
    assert Event.objects.first().facts["identified"] is False


def test_rival_has_people_of_its_own(acme, rival):
    fred, _ = upsert(acme, external_id="fred")
    other, created = upsert(rival, external_id="fred")
    assert created
    assert customers.named(storefront=rival, name="ext_fred") == other
    with pytest.raises(NotFound):
        customers.named(storefront=rival, name=ids.encode("cus", fred.public_id))
    assert customers.named(storefront=acme, name=ids.encode("cus", fred.public_id)) == fred


@pytest.mark.parametrize("name", ["ext_nobody", "ext_", "cus_x", "fred", "", "ext_a\0b"])
def test_an_unknown_name_is_not_found(acme, name):
    with pytest.raises(NotFound):
        customers.named(storefront=acme, name=name)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"external_id": " "}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"email": "not an address"}, "email"),
        ({"name": "a\0b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"country": "DEU"}, "country"),
        ({"traits": {"a": "b\0"}}, "traits"),
        ({"traits": {"a": float("nan")}}, "traits"),
        ({"traits": ["a"]}, "traits"),
        ({"orders_before": -1}, "orders_before"),
        ({"orders_before": True}, "orders_before"),
        ({"created_at": NOON + 2 * DAY}, "created_at"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"updated_at": "0001-01-01T00:00:00+14:00"}, "updated_at"),
        ({"nickname": "F"}, "nickname"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name(acme, fields, field):
    with pytest.raises(Refused) as refusal:
        upsert(acme, **fields)
    assert list(refusal.value.errors) == [field]
    assert not Customer.objects.exists()


def test_each_change_is_a_version_and_told_without_anything_personal(acme):
    upsert(acme, email="fred@example.com")
    upsert(acme, external_id="fred", email="fred@example.com", name="Fred", at=NOON + DAY)
    fred, _ = upsert(acme, external_id="fred", name="Fred", at=NOON + 2 * DAY)
    upsert(acme, external_id="fred", name="Freddy", updated_at=NOON, at=NOON + 3 * DAY)
    told = Event.objects.order_by("version")
    assert [(event.type, event.version) for event in told] == [("customer.created", 1), ("customer.changed", 2)]
    assert (told[1].facts, told[1].occurred_at) == ({"identified": True, "orders_before": 0}, NOON + DAY)
    assert Customer.objects.get().version == fred.version == 2
