"""What alice tells others: read before it is shown, taken back at any time."""

import pytest

from advocacy import ids
from advocacy.models import Testimonial
from tests import pages_stage
from tests.flows.portal.stage import address


def test_alice_tells_others_and_takes_it_back(signed_in, alice):
    fields = {"text": "My mother and I agree on it.", "rating": "5", "display_name": "Alice", "consented": "on"}
    page = signed_in.post(address(alice, "tell/"), fields, follow=True).content.decode()
    assert "Thank you. Somebody reads it before it is shown." in page
    said = Testimonial.objects.get()
    assert (said.rating, said.status, said.source, said.consent_wording) == (5, "pending", "page", "portal-1")
    assert (said.advocate, said.customer, said.program) == (alice, alice.customer, alice.program)
    path = address(alice, f"tell/{ids.encode('tst', said.public_id)}/withdraw/")
    assert "Taken back." in signed_in.post(path, follow=True).content.decode()
    assert Testimonial.objects.get().status == "withdrawn"


@pytest.mark.parametrize(
    "change", [{"text": ""}, {"text": "x" * 2001}, {"consented": ""}, {"rating": "6"}, {"text": "a\0b"}]
)
def test_what_cannot_be_sent_is_said_and_nothing_is_written(signed_in, alice, change):
    fields = {"text": "Good.", "consented": "on"} | change
    response = signed_in.post(address(alice, "tell/"), fields)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Testimonial.objects.exists()


def test_mallory_does_not_take_back_alice_s_words(client, alice, mallory, olga):
    said = pages_stage.say(alice, "Good.", by=olga)
    client.force_login(pages_stage.user_of(mallory))
    path = address(mallory, f"tell/{ids.encode('tst', said.public_id)}/withdraw/")
    assert client.post(path).status_code == 404
    assert Testimonial.objects.get().status == "published"


def test_three_wait_at_a_time(signed_in, alice):
    for _ in range(4):
        signed_in.post(address(alice, "tell/"), {"text": "Good.", "consented": "on"})
    assert Testimonial.objects.count() == 3
