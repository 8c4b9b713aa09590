"""A server that is killed while it answers: the call is sent again, and what it asks for is done once."""

import os
import signal

import pytest
from django.db import connection

from referrals.models import Order
from rewards.models import Adjustment
from tests import cast
from tests.flows.api import secret

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = {"customer": "ext_fred", "kind": "given", "amount_minor": 500, "reason": "Sorry"}
CALLS = {
    "order": ("/orders", cast.order(customer={"external_id": "fred"}), {}, Order),
    "adjustment": ("/adjustments", GIVEN, {"HTTP_IDEMPOTENCY_KEY": "sorry-1"}, Adjustment),
}


def killed_while(shop, call, *, committed):
    """Another process makes the call and is killed with -9 right before its transaction commits, or right after."""
    child = os.fork()
    if child == 0:
        # What the parent has open stays the parent's.
        connection.connection = None
        commit = connection._commit

        def die():
            if committed:
                commit()
            os.kill(os.getpid(), signal.SIGKILL)

        connection._commit = die
        try:
            shop.post(call[0], call[1], **call[2])
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it answered before it could be killed"


@pytest.mark.parametrize("committed", [False, True], ids=["before it is written", "before it is answered"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_whose_answer_was_lost_is_done_once(acme, program, name, committed):
    shop, call = secret(acme), CALLS[name]
    cast.fred(acme)
    killed_while(shop, call, committed=committed)
    path, body, headers, model = call
    assert model.objects.count() == committed
    again = [shop.post(path, body, **headers) for _ in range(2)]
    assert [each.status_code for each in again] == [200 if committed else 201, 200]
    assert again[1]["Idempotent-Replayed"] == "true"
    assert again[0].json()["id"] == again[1].json()["id"]
    assert model.objects.count() == 1
