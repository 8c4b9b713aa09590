"""Idempotency-Key, on a small endpoint of this file's own: what is sent twice is done once, also at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from advocacy.api.endpoint import Endpoint, created
from advocacy.api.keyed import keyed
from advocacy.api.schema import Call, documented
from advocacy.models import Customer, IdempotencyKey
from advocacy.refusals import Refused
from config import urls
from tests.flows.api import secret

ENTERED, LEAVE = threading.Event(), threading.Event()


class PersonAnswer(serializers.Serializer):
    name = serializers.CharField()

    example = {"name": "Fred"}


@documented("People", post=Call("Make a person", PersonAnswer, creates=True, keyed=True))
class People(Endpoint):
    parameters = {"POST": ["loud"]}

    def post(self, request):
        with keyed(self) as claim:
            mine = Customer.objects.filter(storefront=request.storefront)
            row = claim.earlier(mine) or claim.keep("customer", self.work(**request.data))
        return created({"name": row.name}, new=claim.new)

    def work(self, name, slow=False):
        moments = dict.fromkeys(("created_at", "updated_at", "recorded_at"), self.at)
        row = Customer.objects.create(storefront=self.request.storefront, name=name, **moments)
        if slow:
            ENTERED.set()
            LEAVE.wait(10)
        if name == "Mallory":
            raise Refused("unwanted", "Mallory is not taken.")
        return row


urlpatterns = [path("api/v1/people", People.as_view()), path("", include(urls.urlpatterns))]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def shop(acme):
    return secret(acme)


def send(shop, body, key="k-1", path="/people"):
    return shop.post(path, body, HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_call_again_finds_what_the_first_made_as_it_is_now(shop):
    first = send(shop, {"name": "Fred", "slow": False})
    assert (first.status_code, first.headers.get("Idempotent-Replayed")) == (201, None)
    Customer.objects.update(name="Frederick")
    again = send(shop, {"slow": False, "name": "Fred"})
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.json() == {"name": "Frederick"}
    assert Customer.objects.count() == 1


def test_another_call_with_the_key_is_refused(shop):
    send(shop, {"name": "Fred"})
    for attempt in [({"name": "Gina"},), ({"name": "Fred"}, "k-1", "/people?loud=1")]:
        answer = send(shop, *attempt)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Customer.objects.count() == 1


def test_each_key_does_its_own_thing(shop, rival):
    assert send(shop, {"name": "Fred"}, "k-1").status_code == 201
    assert send(shop, {"name": "Fred"}, "k-2").status_code == 201
    assert send(secret(rival), {"name": "Fred"}, "k-1").status_code == 201


def test_a_refused_call_has_not_used_its_key(shop):
    assert send(shop, {"name": "Mallory"}).json()["code"] == "unwanted"
    assert (Customer.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert send(shop, {"name": "Fred"}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "idempotency_key_missing"),
        ({"HTTP_IDEMPOTENCY_KEY": "k" * 256}, "invalid_idempotency_key"),
        ({"HTTP_IDEMPOTENCY_KEY": "schlüssel"}, "invalid_idempotency_key"),
    ],
)
def test_a_call_without_a_usable_key_is_refused_in_words(shop, headers, code):
    answer = shop.post("/people", {"name": "Fred"}, **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Customer.objects.count() == 0
    assert shop.post("/people", {"name": "Fred"}, HTTP_IDEMPOTENCY_KEY="k" * 255).status_code == 201


def test_what_is_stored_names_nobody(shop):
    send(shop, {"name": "Fred"}, "order of fred@example.com")
    noted = IdempotencyKey.objects.get()
    assert (noted.kind, noted.resource) == ("customer", Customer.objects.get().public_id)
    assert b"fred" not in bytes(noted.key) + bytes(noted.call)
    assert (len(noted.key), len(noted.call)) == (32, 32)


def _alone(function, *arguments):
    try:
        return function(*arguments)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_still_worked_on_is_told_to_wait(shop):
    ENTERED.clear()
    LEAVE.clear()
    with ThreadPoolExecutor() as threads:
        first = threads.submit(_alone, send, shop, {"name": "Fred", "slow": True})
        assert ENTERED.wait(10)
        meanwhile = send(shop, {"name": "Fred", "slow": True})
        LEAVE.set()
        assert first.result().status_code == 201
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency_key_in_flight")
    assert meanwhile["Retry-After"] == "1"
    assert send(shop, {"name": "Fred", "slow": True}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_it_once(shop):
    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(_alone, send, shop, {"name": "Fred"}) for _ in range(16)]
        statuses = [call.result().status_code for call in calls]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    assert Customer.objects.count() == 1


def test_the_header_stands_in_the_documentation():
    schema = SchemaGenerator(patterns=[path("api/v1/people", People.as_view())]).get_schema(public=True)
    described = schema["paths"]["/api/v1/people"]["post"]
    header = next(each for each in described["parameters"] if each["name"] == "Idempotency-Key")
    assert (header["in"], header["required"]) == ("header", True)
    assert {"200", "201", "400", "409", "422"} <= set(described["responses"])
