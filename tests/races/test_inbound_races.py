"""Several workers take what a platform sent of one payment, in any order and at once: it is one order."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from referrals import inbound
from referrals.models import Conversion, InboundMessage, Order
from tests import cast
from tests.cast import MINUTE
from tests.referrals import platforms_stage as stage

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4
TOLD = ["checkout_session_subscription", "invoice_paid", "invoice_payment_paid"]


def documents():
    paid = {"charge": "ch_3Acme0003", "payment_intent": "pi_3Acme0003"}
    charge = {"id": "ch_3Acme0003", "payment_intent": "pi_3Acme0003", "amount": 2900}
    return [
        *(stage.document(f"stripe/{name}") for name in TOLD),
        stage.document("stripe/refund_created", **paid, amount=900),
        stage.document("stripe/refund_created", **paid, id="re_2", amount=600),
        stage.document("stripe/charge_refunded", **charge, amount_refunded=900),
        stage.document("stripe/charge_refunded", **charge, amount_refunded=1500),
        stage.document("stripe/charge_dispute_created", **paid, amount=1400),
        stage.document("stripe/charge_dispute_closed", **paid, amount=1400),
    ]


def work_together(at):
    gate = threading.Barrier(WORKERS)

    def work(_):
        gate.wait()
        try:
            while inbound.work(at=at):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(work, range(WORKERS)))


def test_one_payment_told_at_once_is_one_order(client, transactional_db):
    acme = cast.acme()
    cast.alice(cast.program(acme))
    account = stage.connected(acme, "stripe")
    number = random.randrange(10**6)
    print(f"seed {number}")
    told = documents()
    random.Random(number).shuffle(told)
    for each in told:
        assert stage.post(client, account, each).status_code == 200
    for pause in range(8):
        work_together(timezone.now() + pause * 90 * MINUTE)
    assert set(InboundMessage.objects.values_list("state", "note")) == {("done", "")}
    order = Order.objects.get()
    assert (order.total_minor, order.status, order.refunded_minor, order.warnings) == (2900, "paid", 1500, [])
    assert sorted(order.refunds.counted().values_list("refund_id", flat=True)) == ["re_2", "re_3Acme0001"]
    assert Conversion.objects.count() == 1
