import io

import pytest
import segno

from advocacy.models import Advocate, Customer
from referrals.models import Click, Link
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db
ALICE = {"customer": {"external_id": "alice", "email": "alice@example.com"}, "display_name": "Alice"}


@pytest.fixture
def shop(acme, program):
    return secret(acme)


def test_alice_is_enrolled_with_her_first_link(shop, settings):
    odd = {"display_name": "\tAlice\u202e\r\n\x07", "customer": ALICE["customer"] | {"name": "Alice\n\tExample\x1b"}}
    made = shop.post("/advocates", odd | {"program": "friends", "code": "alice-1", "shows_name": True})
    assert made.status_code == 201
    advocate = made.json()
    assert (advocate["code"], advocate["status"], advocate["display_name"]) == ("ALICE-1", "active", "Alice")
    assert Customer.objects.get().name == "Alice Example"
    address = f"{settings.BASE_URL}/r/ALICE-1"
    assert [(link["url"], link["qr_url"]) for link in advocate["links"]] == [(address, f"{address}/qr.svg")]
    assert shop.get("/links").json()["data"][0]["qr_url"] == f"{address}/qr.svg"
    assert shop.get(f"/advocates/{advocate['id']}").json() == advocate


def test_the_qr_code_of_her_link_is_a_picture_that_anybody_may_keep(acme, alice, client, settings):
    address = f"{settings.BASE_URL}/r/ALICE-LINK"
    for kind, type in (("svg", "image/svg+xml"), ("png", "image/png")):
        drawn, wanted = client.get(f"/r/alice-link/qr.{kind}"), io.BytesIO()
        segno.make(address, error="m").save(wanted, kind=kind, scale=10)
        assert (drawn.content, drawn["Content-Type"]) == (wanted.getvalue(), type)
        assert (drawn["Cache-Control"], drawn.cookies) == ("public, max-age=86400", {})
        assert client.get(f"/r/nobody/qr.{kind}").status_code == 404
    assert Click.objects.count() == 0


def test_enrolling_her_again_answers_what_is(shop):
    first = shop.post("/advocates", ALICE)
    again = shop.post("/advocates", ALICE)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json() == first.json()
    assert (Advocate.objects.count(), Link.objects.count()) == (1, 1)


def test_a_code_that_is_taken_is_a_conflict_and_writes_nobody(shop):
    shop.post("/advocates", ALICE | {"code": "COFFEE"})
    answer = shop.post("/advocates", {"customer": {"external_id": "bob"}, "code": "coffee"})
    assert (answer.status_code, answer.json()["code"]) == (409, "code_taken")
    assert Customer.objects.count() == Advocate.objects.count() == 1


def test_the_program_must_be_named_where_there_are_two(shop, acme):
    cast.program(acme, slug="more", name="More friends")
    answer = shop.post("/advocates", ALICE)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["program"])
    assert shop.post("/advocates", ALICE | {"program": "more"}).status_code == 201
    assert shop.post("/advocates", ALICE | {"program": "other"}).status_code == 404


def test_many_are_enrolled_at_once_each_by_itself(shop):
    calls = [ALICE, ALICE, {"customer": "ext_nobody"}, {"custmer": "ext_alice"}, {"customer": {"external_id": "bob"}}]
    results = shop.post("/advocates/batch", {"advocates": calls}).json()["results"]
    assert [result["status"] for result in results] == [201, 200, 404, 422, 201]
    assert results[3]["problem"]["errors"]["custmer"] == "unknown field: custmer; did you mean customer?"
    assert Advocate.objects.count() == 2


def test_a_word_of_an_address_is_nobodys_id(shop):
    for path, code in {"/advocates/batch": "unknown_advocate", "/customers/merge": "unknown_customer"}.items():
        assert (shop.get(path).status_code, shop.get(path).json()["code"]) == (404, code)


def test_a_batch_has_at_most_a_thousand(shop):
    answer = shop.post("/advocates/batch", {"advocates": [{}] * 1001})
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"advocates": "Ensure this field has no more than 1000 elements."}


def test_an_advocate_is_paused_and_active_again(shop):
    advocate = shop.post("/advocates", ALICE).json()
    paused = shop.patch(f"/advocates/{advocate['id']}", {"status": "paused"}).json()
    assert (paused["status"], paused["resource_version"]) == ("paused", advocate["resource_version"] + 1)
    assert [a["id"] for a in shop.get("/advocates", status="-active").json()["data"]] == [advocate["id"]]
    assert shop.get("/advocates", status="active,banned").json()["data"] == []
    assert shop.patch(f"/advocates/{advocate['id']}", {"status": "retired"}).status_code == 422


def test_a_link_per_channel_switched_off_and_on(shop):
    advocate = shop.post("/advocates", ALICE).json()
    link = shop.post("/links", {"advocate": advocate["id"], "code": "alice-mail", "channel": "email"})
    assert (link.status_code, link.json()["code"], link.json()["channel"]) == (201, "ALICE-MAIL", "email")
    call = {"advocate": advocate["id"], "code": "ALICE-MAIL", "channel": "email"}
    again = shop.post("/links", call)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", link.json())
    assert shop.post("/links", call | {"channel": "sms"}).status_code == 409
    path = f"/links/{link.json()['id']}"
    assert shop.patch(path, {"status": "disabled"}).json()["status"] == "disabled"
    assert shop.get(path).json()["status"] == "disabled"
    found = shop.get("/links", advocate=advocate["id"], status="disabled").json()["data"]
    assert [each["code"] for each in found] == ["ALICE-MAIL"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"code": "A"}, 422),
        ({"code": "ADMIN"}, 422),
        ({"destination": "https://evil.example/"}, 422),
        ({"destination": "javascript:alert(1)"}, 422),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422),
        ({"advocate": "adv_00000000000000000000000000"}, 404),
        ({"advocate": "alice"}, 404),
    ],
)
def test_a_wrong_link_is_refused_and_not_written(shop, wrong, status):
    advocate = shop.post("/advocates", ALICE).json()
    answer = shop.post("/links", {"advocate": advocate["id"]} | wrong)
    assert answer.status_code == status
    assert Link.objects.count() == 1


def test_a_filter_by_somebody_unknown_is_not_an_empty_answer(shop):
    assert shop.get("/advocates", customer="ext_nobody").status_code == 404
    shop.post("/advocates", ALICE)
    assert len(shop.get("/advocates", customer="ext_alice").json()["data"]) == 1
