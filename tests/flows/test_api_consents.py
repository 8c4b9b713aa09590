"""What customers agreed to: records that are added, of which the newest of a channel counts."""

import pytest
from django.utils import timezone

from advocacy import merging
from advocacy.models import Consent, Customer, Event
from referrals import orders
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db
YES = {"channel": "email", "state": "confirmed", "wording_version": "v3", "source": "checkout"}
ASKED, CONFIRMED, LATER = "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"


def newest(shop, name="ext_fred"):
    told = shop.get(f"/customers/{name}").json()["consents"]
    return {one["channel"]: (one["state"], one["at"]) for one in told}


@pytest.fixture
def shop(acme, fred):
    return secret(acme)


def test_the_newest_word_counts_whatever_order_it_is_told_in(shop, rival):
    said = [("pending", ASKED), ("withdrawn", LATER), ("confirmed", CONFIRMED)]
    made = [shop.post("/consents", YES | {"customer": "ext_fred", "state": state, "at": at}) for state, at in said]
    assert [one.status_code for one in made] == [201, 201, 201]
    assert newest(shop) == {"email": ("withdrawn", LATER)}
    assert [event.facts["counts"] for event in Event.objects.filter(type="consent.recorded").order_by("id")] == [
        True,
        True,
        False,
    ]
    told = made[2].json()
    assert shop.get("/consents", state="confirmed", customer="ext_fred").json()["data"] == [told]
    assert (told["basis"], shop.get(f"/consents/{told['id']}").json()) == ("consent", told)
    assert secret(rival).get(f"/consents/{told['id']}").status_code == 404
    assert secret(rival).get("/consents").json()["data"] == []
    assert secret(rival).post("/consents", YES | {"customer": told["customer"]}).status_code == 404


def test_the_same_consent_is_one_record(shop):
    first = shop.post("/consents", YES | {"customer": "ext_fred", "at": ASKED})
    for body in ({"at": ASKED}, {}):
        again = shop.post("/consents", YES | {"customer": "ext_fred"} | body)
        assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", first.json())
    assert Consent.objects.count() == 1
    assert shop.post("/consents", YES | {"customer": "ext_fred", "state": "withdrawn"}).status_code == 201
    assert newest(shop)["email"][0] == "withdrawn"


def test_a_consent_comes_with_what_is_known_of_a_customer(shop, acme):
    told = shop.put("/customers/fred", {"consent": YES | {"at": CONFIRMED}}).json()
    assert told["consents"] == [YES | {"basis": "consent", "at": CONFIRMED}]
    signup = {"customer": {"external_id": "mia", "consent": YES | {"channel": "sms", "state": "pending"}}}
    shop.post("/signups", signup)
    assert newest(shop, "ext_mia")["sms"][0] == "pending"
    shop.post("/consents", {"customer": "ext_mia", "channel": "sms", "state": "withdrawn", "at": LATER})
    # Orders of before say what was agreed to then, also those that are taken together.
    before = {"updated_at": ASKED, "consent": YES}
    bought = [cast.order(name, customer={"external_id": name} | before) for name in ("fred", "ina")]
    orders.record(storefront=acme, orders=bought, at=timezone.now())
    assert newest(shop) == {"email": ("confirmed", CONFIRMED)}
    assert newest(shop, "ext_ina") == {"email": ("confirmed", ASKED)}
    listed = {one["external_id"]: one["consents"] for one in shop.get("/customers").json()["data"]}
    assert [one["state"] for one in listed["ina"]] == ["confirmed"]


def test_one_person_of_two_records_has_one_word(shop, acme, fred):
    shop.post("/consents", YES | {"customer": "ext_fred", "at": ASKED})
    shop.post("/consents", YES | {"customer": "ext_freddy", "state": "withdrawn", "at": LATER})
    freddy = Customer.objects.get(external_id="freddy")
    merging.merge(survivor=fred, merged=freddy, source="api", at=cast.NOON)
    assert newest(shop) == {"email": ("withdrawn", LATER)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"state": "yes"}, "state"),
        ({"basis": "none"}, "basis"),
        ({"wording_version": "x" * 61}, "wording_version"),
        ({"source": "confirmation mail"}, "source"),
        ({"at": "2999-01-01T00:00:00Z"}, "at"),
    ],
)
def test_what_is_no_consent_is_refused_by_field(shop, counted, change, field):
    before = counted()
    problem = shop.post("/consents", YES | {"customer": "ext_fred"} | change)
    assert problem.status_code == 422
    assert field in problem.json()["errors"]
    assert shop.put("/customers/new", {"consent": YES | change}).status_code == 422
    assert counted() == before


@pytest.mark.parametrize("moment", [{}, {"occurred_at": ASKED}])
def test_a_signup_sent_again_or_late_takes_no_withdrawal_back(shop, moment):
    said = {"customer": {"external_id": "fred", "consent": YES}} | moment
    assert shop.post("/signups", said).status_code == 200
    assert newest(shop)["email"][0] == "confirmed"
    shop.post("/consents", YES | {"customer": "ext_fred", "state": "withdrawn"})
    assert shop.post("/signups", said).status_code == 200
    # One of before that comes late, by other words, says what was agreed to then.
    late = {"customer": {"external_id": "fred", "consent": YES | {"source": "door"}}, "occurred_at": CONFIRMED}
    shop.post("/signups", late)
    assert newest(shop)["email"][0] == "withdrawn"
    assert shop.post("/consents", YES | {"customer": "ext_fred"}).status_code == 201
    assert newest(shop)["email"][0] == "confirmed"
