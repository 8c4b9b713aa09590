"""The event log over the API: the program's own events to read, a storefront's own to add, for rules too."""

import pytest

from advocacy.models import Customer, Event, Report
from advocacy.outbox.drain import drain
from rewards import rulebook
from rewards.models import Reward
from tests import cast
from tests.flows.api import secret
from tests.terms import terms

pytestmark = pytest.mark.django_db
SAID = {
    "id": "ticket-77",
    "type": "support.contacted",
    "customer": "ext_fred",
    "touchpoint": "support-chat",
    "facts": {"topic": "delivery", "minutes": 12, "note": "Fred was angry"},
}


@pytest.fixture
def shop(acme, program):
    program.metadata_keys = ["topic"]
    program.save()
    return secret(acme)


def test_an_event_of_the_shops_own_is_kept_told_once_and_found_again(shop, rival):
    made = shop.post("/events", SAID)
    assert made.status_code == 201
    told = made.json()
    assert told["type"] == "event.reported"
    assert told["sent"] == {name: value for name, value in SAID.items() if name != "customer"}
    # The log has the key that rules may ask for, and no word about the person.
    assert told["facts"] == {
        "reported_type": "support.contacted",
        "touchpoint": "support-chat",
        "metadata": {"topic": "delivery"},
        "country": "",
        "stands": True,
    }
    again = shop.post("/events", SAID)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", told)
    problem = shop.post("/events", SAID | {"touchpoint": "phone"})
    assert (problem.status_code, problem.json()["code"]) == (409, "idempotency_conflict")
    assert (Report.objects.count(), Event.objects.filter(type="event.reported").count()) == (1, 1)
    assert Customer.objects.get().external_id == "fred"
    for name in (told["id"], "ext_ticket-77", "ticket-77"):
        assert shop.get(f"/events/{name}").json() == told
        assert secret(rival).get(f"/events/{name}").status_code == 404
    made = shop.get("/events", type="customer.created").json()["data"]
    assert [(one["sent"], shop.get(f"/events/{one['id']}").json()) for one in made] == [(None, made[0])]


def test_events_of_the_shops_own_are_found_by_their_words(shop, rival):
    told = shop.post("/events", SAID).json()
    shop.post("/events", SAID | {"id": "2", "type": "app.opened", "touchpoint": ""})
    for query in ({"reported_type": "support.contacted"}, {"touchpoint": "support-chat"}):
        assert shop.get("/events", **query).json()["data"] == [told]
        assert secret(rival).get("/events", **query).json()["data"] == []


def test_a_rule_begins_with_an_event_of_the_shops_own(shop, program):
    asked = [
        {"field": "reported_type", "op": "is", "value": "app.installed"},
        {"field": "metadata.topic", "op": "is", "value": "coffee"},
    ]
    paid = {"trigger": "event.reported", "frequency": "every_order", "hold_days": 0, "conditions": asked}
    paid |= {"customer_amount_minor": 100}
    said = {"terms": terms(**paid), "from_the_past": True, "accepted": True}
    rulebook.save(program=program, name="Thanks", at=cast.LONG_AGO, starts_at=cast.LONG_AGO, **said)
    for number, change in enumerate([{}, {"type": "app.installed"}, {"facts": {"topic": "coffee"}}]):
        shop.post("/events", SAID | change | {"id": f"no {number}"})
    shop.post("/events", SAID | {"id": "yes", "type": "app.installed", "facts": {"topic": "coffee"}})
    drain("money", at=cast.NOON)
    (reward,) = Reward.objects.all()
    assert (reward.recipient.external_id, reward.granted_minor) == ("fred", 100)
    assert reward.subject.public_id == Report.objects.get(event_id="yes").public_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"type": "Support Contacted"}, "type"),
        ({"type": "x" * 61}, "type"),
        ({"touchpoint": "x" * 101}, "touchpoint"),
        ({"touchpoint": "fred@example.com"}, "touchpoint"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({"facts": {"note": "x" * 10_000}}, "facts"),
        ({"fact": {}}, "fact"),
    ],
)
def test_what_is_no_event_is_refused_by_field(shop, counted, change, field):
    before = counted()
    problem = shop.post("/events", SAID | change)
    assert problem.status_code == 422
    assert field in problem.json()["errors"]
    assert counted() == before


def test_nobody_tells_of_another_storefronts_customer(shop, rival, fred):
    stolen = SAID | {"customer": shop.get("/customers/fred").json()["id"]}
    assert secret(rival).post("/events", stolen).status_code == 404
    assert Report.objects.count() == 0
