"""Rules on a customer's own orders: what their holds count from."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.outbox.drain import drain
from rewards.models import Reward
from tests import cast
from tests.cast import DAY
from tests.flows.api import secret
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db
OWN = {"trigger": "order.recorded", "advocate_kind": "", "friend_kind": "", "customer_amount_minor": 700}
NOW = timezone.now().replace(microsecond=0)
PLACED, PAID, SENT = NOW - 9 * DAY, NOW - 5 * DAY, NOW - 2 * DAY
POUCH, EBOOK = ({"line_id": "1", "price_minor": 5000, "requires_shipping": needed} for needed in (True, False))


@pytest.fixture
def shop(acme):
    return secret(acme)


def due(program, shop, hold_from, line):
    """When the reward of gina's order is due, which was placed, paid 4 days later, and sent 3 days after that."""
    rule_of(program, **OWN, minimum_order_minor=0, hold_days=14, hold_from=hold_from, delivery_allowance_days=7)
    order = cast.order(customer={"external_id": "gina"}, at=PLACED, products=[line])
    assert shop.post("/orders", order | {"status": "pending"}).status_code == 201
    paid = order | {"status": "paid", "paid_at": PAID, "updated_at": PAID}
    assert shop.put("/orders/ext_1001", paid).status_code == 200
    if hold_from == "shipping":
        shop.post("/orders/ext_1001/fulfilments", {"fulfilment_id": "P-1", "shipped_at": SENT})
    while drain("money", at=timezone.now()):
        pass
    return Reward.objects.get(side="customer").due_at


@pytest.mark.parametrize(
    ("hold_from", "line", "start"),
    [
        ("order", POUCH, PLACED),
        ("payment", POUCH, PAID),
        ("shipping", POUCH, SENT),
        ("delivery", POUCH, PAID + timedelta(days=7)),
        ("delivery", EBOOK, PAID),
    ],
)
def test_the_hold_of_an_order_counts_like_that_of_a_conversion(program, shop, hold_from, line, start):
    assert due(program, shop, hold_from, line) == start + 14 * DAY
