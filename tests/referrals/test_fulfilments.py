import pytest

from advocacy.models import Event, Program
from advocacy.refusals import Conflict, Refused
from referrals import orders
from referrals.models import Conversion, Fulfilment, Order
from tests import cast
from tests.cast import DAY, HOUR, NOON

LINES = [
    {"line_id": "1", "sku": "beans", "quantity": 2, "price_minor": 1500},
    {"line_id": "2", "sku": "mug", "price_minor": 2000},
]


def bought(storefront, external_id="1001", at=NOON, **said):
    fields = {"customer": {"external_id": "fred"}, "referral_code": "ALICE-LINK", "products": LINES} | said
    return orders.record(storefront=storefront, orders=[cast.order(external_id, at=at, **fields)], at=at)[0]


@pytest.fixture
def order(acme, alice):
    return bought(acme).order


def fulfil(order, fulfilment_id="P-1", at=NOON + DAY, lenient=False, **said):
    return orders.fulfil(order=order, fulfilment={"fulfilment_id": fulfilment_id} | said, at=at, lenient=lenient)


def told(kind):
    return [
        (event.facts["shipped_at"], event.facts["delivered_at"])
        for event in Event.objects.filter(type=kind).order_by("id")
    ]


def test_an_order_is_delivered_when_its_last_parcel_is(order):
    shipped, later = NOON + HOUR, NOON + DAY
    fulfil(order, "P-1", shipped_at=shipped, products=[{"line_id": "1"}])
    assert told("conversion.adjusted") == []
    fulfil(order, "P-2", shipped_at=later, delivered_at=later, products=[{"sku": "mug"}])
    assert told("conversion.adjusted") == [(later.isoformat(), None)]
    added = fulfil(order, "P-1", at=NOON + 3 * DAY, delivered_at=NOON + 2 * DAY)
    assert (added.created, added.replayed) == (False, False)
    whole = (later.isoformat(), (NOON + 2 * DAY).isoformat())
    assert told("conversion.adjusted")[1:] == [whole]
    assert told("order.fulfilled") == [(None, None), (later.isoformat(), None), whole]
    stored = Order.objects.get()
    assert (stored.shipped_at, stored.delivered_at, stored.version) == (later, NOON + 2 * DAY, 4)
    last = Event.objects.filter(type="order.fulfilled").last()
    assert (last.facts["orders_change"], last.facts["revenue_change_minor"]) == (0, 0)
    assert Event.objects.filter(type="conversion.adjusted").last().cause == last


def test_a_parcel_counts_once(order):
    assert fulfil(order).fulfilment.shipped_at == NOON + DAY
    again = fulfil(order, at=NOON + 2 * DAY)
    assert (again.created, again.replayed, again.fulfilment.shipped_at) == (False, True, NOON + DAY)
    for said in ({"shipped_at": NOON}, {"products": [{"line_id": "2"}]}):
        with pytest.raises(Conflict) as refusal:
            fulfil(order, at=NOON + 2 * DAY, **said)
        assert refusal.value.code == "idempotency_conflict"
    assert Fulfilment.objects.count() == len(told("order.fulfilled")) == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"fulfilment_id": ""}, "invalid_field"),
        ({"fulfilment_id": None}, "missing_field"),
        ({"products": [{"line_id": "9"}]}, "unknown_line"),
        ({"shipped_at": NOON + HOUR, "delivered_at": NOON}, "delivered_before_shipped"),
        ({"delivered_at": NOON + 9 * DAY}, "date_in_future"),
        ({"carrier": "post"}, "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(order, said, code):
    with pytest.raises(Refused) as refusal:
        fulfil(order, **said)
    assert refusal.value.code == code
    assert (Fulfilment.objects.count(), Order.objects.get().version) == (0, 1)


def test_a_platforms_word_is_stored_though_it_names_an_unknown_line(order):
    assert fulfil(order, lenient=True, products=[{"line_id": "9"}]).created
    assert Order.objects.get().shipped_at is None


def test_what_came_back_is_not_waited_for(order):
    fulfil(order, shipped_at=NOON, delivered_at=NOON + HOUR, products=[{"line_id": "1"}])
    back = {"refund_id": "R-1", "products": [{"line_id": "2"}]}
    orders.refund(order=order, refund=back, at=NOON + DAY)
    assert (Order.objects.get().shipped_at, Order.objects.get().delivered_at) == (NOON, NOON + HOUR)
    facts = Event.objects.filter(type="conversion.adjusted").last().facts
    assert [line["refunded_minor"] for line in facts["products"]] == [0, 2000]
    assert facts["delivered_at"] == (NOON + HOUR).isoformat()
    orders.undo_refund(order=order, refund_id="R-1", at=NOON + 2 * DAY)
    assert Order.objects.get().delivered_at is None
    facts = Event.objects.filter(type="conversion.adjusted").last().facts
    assert [line["refunded_minor"] for line in facts["products"]] == [0, 0]


def test_what_is_asked_of_the_moment_stays_as_it_was(acme, program, alice):
    Program.objects.update(metadata_keys=["shop", "gift", "items", "absent", "long"])
    traits = {"segments": ["new"], "tier": "silver"}
    said = {"metadata": {"shop": "berlin", "gift": True, "items": [1], "note": "secret", "long": "x" * 201}}
    customer = {"external_id": "fred", "orders_before": 0, "traits": traits}
    first = bought(acme, customer=customer, **said).conversion
    cast.fred(acme, at=NOON + HOUR, traits={"segments": ["vip"], "tier": "gold"}, updated_at=NOON + HOUR)
    second = bought(acme, "1002", at=NOON + DAY).conversion
    orders.change(storefront=acme, external_id="1001", fields={"country": "DE", "metadata": {}}, at=NOON + 2 * DAY)
    kept = {"shop": "berlin", "gift": "true", "long": "x" * 200}
    wanted = {
        "first_order_at": NOON.isoformat(),
        "earlier_orders": 0,
        "new_customer": True,
        "friend_segments": ["new"],
        "friend_tier": "silver",
        "metadata": kept,
    }
    now = Event.objects.filter(subject_id=first.public_id).order_by("version").last()
    assert (now.version, {name: now.facts[name] for name in wanted}) == (2, wanted)
    assert Conversion.objects.get(pk=second.pk).frozen == {
        "first_order_at": NOON.isoformat(),
        "earlier_orders": 1,
        "new_customer": True,
        "advocate_segments": [],
        "friend_segments": ["vip"],
        "advocate_tier": "",
        "friend_tier": "gold",
        "metadata": {},
    }


def test_a_customer_from_before_is_no_new_one(acme, program, alice):
    Program.objects.update(new_customers_only=False)
    conversion = bought(acme, customer={"external_id": "fred", "orders_before": 3}).conversion
    assert (conversion.frozen["earlier_orders"], conversion.frozen["new_customer"]) == (3, False)
