"""Why: asked by order, by subject, or by advocate and friend."""

import pytest

from advocacy import ids
from advocacy.outbox.drain import drain
from tests import cast
from tests.flows.api import secret
from tests.rewards import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(acme, program, alice):
    scene.rule_of(program, trigger="referral.created", minimum_order_minor=0)
    return secret(acme)


@pytest.fixture
def referral(shop):
    answer = shop.post("/signups", {"customer": {"external_id": "fred"}, "referral_code": "alice-link"}).json()
    while drain("money", at=cast.NOON + cast.DAY):
        pass
    return answer


def test_a_sign_up_is_explained_like_an_order(shop, referral, alice):
    told = shop.get("/explain", advocate=ids.encode("adv", alice.public_id), friend="ext_fred").json()["data"]
    assert [one["subject"]["kind"] for one in told] == ["referral"]
    assert told[0]["summary"].startswith("“Give 10”: 10.00 EUR to the advocate and 5.00 EUR to the friend.")
    assert shop.get("/explain", subject=told[0]["subject"]["id"]).json()["data"] == told


def test_an_order_that_never_came_is_told_from_one_that_was_refused(shop):
    told = shop.get("/explain", order="ext_1001").json()
    assert told == {"data": [], "not_arrived": "No such order has arrived; none has arrived at all."}
    shop.post("/orders", cast.order("1002", customer={"external_id": "gina"}))
    told = shop.get("/explain", order="ext_1001").json()
    assert told["not_arrived"].startswith("No such order has arrived; the last one came ")
    assert shop.get("/explain", order="1002").json()["data"][0]["order"]["external_id"] == "1002"


def test_another_storefront_is_told_nothing(shop, referral, alice, rival):
    subject = shop.get("/explain", advocate=ids.encode("adv", alice.public_id), friend="ext_fred").json()["data"][0]
    assert secret(rival).get("/explain", subject=subject["subject"]["id"]).status_code == 404
    assert shop.get("/explain").status_code == 400
    assert shop.get("/explain", subject="nonsense").status_code == 404
