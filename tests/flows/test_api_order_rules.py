"""Rules on a customer's own orders: what their holds count from."""

from datetime import timedelta

import pytest
from django.utils import timezone

from advocacy.outbox.drain import drain
from rewards import audit, rulebook
from rewards.models import Reward, RuleVersion
from tests import cast
from tests.cast import DAY
from tests.flows.api import secret
from tests.rewards.scene import rule_of

pytestmark = pytest.mark.django_db
OWN = {"trigger": "order.recorded", "advocate_kind": "", "friend_kind": "", "customer_amount_minor": 700}
NOW = timezone.now().replace(microsecond=0)
PLACED, PAID, SENT = NOW - 9 * DAY, NOW - 5 * DAY, NOW - 2 * DAY
POUCH, EBOOK = ({"line_id": str(sent), "price_minor": 5000, "requires_shipping": sent} for sent in (True, False))


@pytest.fixture
def shop(acme):
    return secret(acme)


def due(program, shop, hold_from, lines, **held):
    """When the reward of gina's order is due, which was placed, paid 4 days later, and sent 3 days after that."""
    rule_of(program, **OWN, minimum_order_minor=0, hold_days=14, hold_from=hold_from, delivery_allowance_days=7, **held)
    order = cast.order(customer={"external_id": "gina"}, at=PLACED, products=lines)
    assert shop.post("/orders", order | {"status": "pending"}).status_code == 201
    paid = order | {"status": "paid", "paid_at": PAID, "updated_at": PAID}
    assert shop.put("/orders/ext_1001", paid).status_code == 200
    if hold_from == "shipping":
        shop.post("/orders/ext_1001/fulfilments", {"fulfilment_id": "P-1", "shipped_at": SENT})
    while drain("money", at=timezone.now()):
        pass
    return Reward.objects.get(side="customer").due_at


@pytest.mark.parametrize(
    ("hold_from", "lines", "start"),
    [
        ("order", [POUCH], PLACED),
        ("payment", [POUCH], PAID),
        ("shipping", [POUCH], SENT),
        ("delivery", [POUCH], PAID + timedelta(days=7)),
        ("delivery", [POUCH, EBOOK], PAID + timedelta(days=7)),
    ],
)
def test_the_hold_of_an_order_counts_like_that_of_a_conversion(program, shop, hold_from, lines, start):
    assert due(program, shop, hold_from, lines) == start + 14 * DAY


@pytest.mark.parametrize(("held", "waits"), [({}, 0 * DAY), ({"digital_at_once": False}, 14 * DAY)])
def test_digital_goods_are_credited_when_they_are_paid_unless_the_rule_holds_them(program, shop, held, waits):
    assert due(program, shop, "delivery", [EBOOK], **held) == PAID + waits
    said = rulebook.sentence(RuleVersion.objects.get(), currency="EUR")
    assert said.endswith("14 days later (digital goods at once)." if not held else "14 days later.")
    assert list(audit.parts()["holds"]()) == []
