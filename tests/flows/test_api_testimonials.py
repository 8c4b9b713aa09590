import pytest

from advocacy import testimonials
from advocacy.models import Testimonial
from tests import cast
from tests.flows.api import publishable, secret

pytestmark = pytest.mark.django_db
SAID = {"customer": "ext_fred", "text": "The best coffee", "rating": 5, "display_name": "Fred", "consented": True}


@pytest.fixture
def shop(acme, fred):
    return secret(acme)


def publish(said):
    testimonials.publish(testimonial=said, by=cast.olga(), at=cast.NOON)


def test_a_testimonial_waits_to_be_read_before_anybody_sees_it(shop, acme):
    made = shop.post("/testimonials", SAID | {"wording": "2026-01"})
    assert made.status_code == 201
    said = made.json()
    assert (said["status"], said["rating"], said["consent_wording"]) == ("pending", 5, "2026-01")
    assert said["consent_at"] is not None
    assert shop.get(f"/testimonials/{said['id']}").json() == said
    assert publishable(acme).get("/testimonials").json()["data"] == []
    assert publishable(acme).get(f"/testimonials/{said['id']}").status_code == 404


def test_a_browser_reads_the_published_ones_without_who_the_customer_is(shop, acme):
    shop.post("/testimonials", SAID)
    publish(Testimonial.objects.get())
    (shown,) = publishable(acme).get("/testimonials").json()["data"]
    assert set(shown) == {"id", "program", "text", "rating", "display_name", "sent_at"}
    assert publishable(acme).get(f"/testimonials/{shown['id']}").json() == shown
    assert publishable(acme).get("/testimonials", status="pending").json()["data"] == []
    assert shop.get("/testimonials", status="published").json()["data"][0]["customer"].startswith("cus_")


def test_a_browser_cannot_send_one(acme, fred):
    assert publishable(acme).post("/testimonials", SAID).status_code == 403
    assert Testimonial.objects.count() == 0


def test_its_author_takes_it_back_and_it_is_gone_from_the_page(shop, acme):
    said = shop.post("/testimonials", SAID).json()
    publish(Testimonial.objects.get())
    for _ in range(2):
        withdrawn = shop.post(f"/testimonials/{said['id']}/withdraw")
        assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    assert publishable(acme).get("/testimonials").json()["data"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"rating": 6}, {"rating": 0}, {"text": ""}, {"text": "x" * 2001}, {"consented": "yes"}, {"consented": None}],
    ids=str,
)
def test_a_wrong_one_is_refused_and_not_written(shop, wrong):
    assert shop.post("/testimonials", SAID | wrong).status_code == 422
    assert Testimonial.objects.count() == 0


def test_a_name_of_another_storefronts_advocate_is_unknown(shop, rival):
    shown = secret(rival).post("/testimonials", SAID)
    assert (shown.status_code, shown.json()["code"]) == (404, "unknown_customer")
