"""One order, told by several: the storefront's server, its platform, its payment provider."""

import pytest

from advocacy.models import Event
from advocacy.refusals import Refused
from referrals import orders
from referrals.models import Conversion, Order, Refund, Source, WaitingFact
from referrals.orders import waiting
from tests import cast
from tests.cast import DAY, HOUR, NOON

PAYMENT = {"payment_intent": "pi_1", "number": "#1001"}


def tell(acme, source, *, at=NOON, **changes):
    fields = cast.order(**{"customer": {"external_id": "fred"}} | changes)
    return orders.bring(storefront=acme, fields=fields, source=source, at=at)


def give_back(acme, source, name, *, at=NOON, **said):
    refund = {"refund_id": "R-1", "amount_minor": 1000} | said
    return orders.bring_refund(storefront=acme, names=[name], refund=refund, source=source, at=at)


def test_one_payment_is_one_order_by_any_of_its_names(acme, alice):
    first = tell(acme, Source.SHOPIFY, external_id="5501", identifiers=PAYMENT, referral_code="ALICE-LINK").order
    told = {"external_id": "pi_1", "identifiers": {"payment_intent": "pi_1", "charge": "ch_1"}}
    by_stripe = tell(acme, Source.STRIPE, **told)
    by_api = orders.record(storefront=acme, orders=[cast.order("5501", metadata={"shop": "berlin"})], at=NOON)[0]
    assert (by_stripe.order, by_api.order, Order.objects.count(), Conversion.objects.count()) == (first, first, 1, 1)
    first.refresh_from_db()
    assert (first.brought_by, first.external_id, first.metadata) == ("shopify", "5501", {"shop": "berlin"})
    assert first.identifiers == PAYMENT | {"charge": "ch_1"}
    assert {str(each) for each in first.names.all()} == {
        "payment_intent pi_1",
        "number 1001",
        "charge ch_1",
        "external_id pi_1",
    }
    assert give_back(acme, Source.STRIPE, ("charge", "ch_1")).refund.order == first


def test_another_sources_money_is_kept_for_review(acme):
    first = tell(acme, Source.SHOPIFY).order
    answer = orders.record(storefront=acme, orders=[cast.order(subtotal_minor=6000, total_minor=6400)], at=NOON)[0]
    assert (answer.created, answer.order) == (False, first)
    first.refresh_from_db()
    assert (first.total_minor, first.warnings) == (
        5400,
        [{"code": "source_differs", "source": "api", "subtotal_minor": 6000, "total_minor": 6400}],
    )
    version = first.version
    orders.record(storefront=acme, orders=[cast.order(subtotal_minor=6000, total_minor=6400)], at=NOON)
    first.refresh_from_db()
    assert (len(first.warnings), first.version) == (1, version)


def test_another_source_says_what_was_missing_and_what_came_of_it(acme, alice):
    first = tell(acme, Source.WOOCOMMERCE, status="pending", updated_at=NOON, customer=None).order
    said = {"status": "paid", "paid_at": NOON + HOUR, "referral_code": "ALICE-LINK", "country": "DE"}
    orders.change(storefront=acme, external_id="1001", fields=cast.order(**said), at=NOON + HOUR)
    first.refresh_from_db()
    assert (first.status, first.paid_at, first.country, first.updated_at) == ("paid", NOON + HOUR, "DE", NOON)
    assert first.conversions.count() == 1
    # An older state of a source that is behind takes nothing back.
    orders.change(storefront=acme, external_id="1001", fields={"status": "pending"}, at=NOON + DAY)
    first.refresh_from_db()
    assert first.status == "paid"


def test_a_platforms_own_newest_news_win(acme):
    tell(acme, Source.SHOPIFY, updated_at=NOON)
    tell(acme, Source.SHOPIFY, updated_at=NOON + HOUR, total_minor=6400, subtotal_minor=6000, at=NOON + HOUR)
    tell(acme, Source.SHOPIFY, updated_at=NOON, at=NOON + HOUR)
    assert (Order.objects.get().total_minor, Order.objects.get().warnings) == (6400, [])


def test_no_platforms_order_is_refused_for_its_arithmetic(acme):
    order = tell(acme, Source.SHOPIFY, total_minor=9900).order
    assert [each["code"] for each in order.warnings] == ["total_mismatch"]
    tell(acme, Source.SHOPIFY, currency="USD", updated_at=NOON + HOUR, at=NOON + HOUR, country="US")
    order.refresh_from_db()
    assert (order.currency, order.total_minor, order.country) == ("EUR", 9900, "US")
    assert order.warnings[-1] == {"code": "currency_changed", "currency": "USD"}
    with pytest.raises(Refused):
        tell(acme, Source.SHOPIFY, external_id="1002", total_minor="a lot")


def test_two_products_of_one_line_id_are_refused_by_the_api_and_noted_of_a_platform(acme):
    lines = [{"line_id": "1", "sku": name, "price_minor": 2500} for name in ("beans", "cups")]
    with pytest.raises(Refused) as refused:
        orders.record(storefront=acme, orders=[cast.order("1001", products=lines)], at=NOON)
    assert (refused.value.code, list(refused.value.errors)) == ("line_id_twice", ["products[1].line_id"])
    assert not Order.objects.exists()
    order = tell(acme, Source.SHOPIFY, products=lines).order
    assert {"code": "line_id_twice", "line_id": "1"} in order.warnings


def test_names_of_two_orders_stay_with_the_first(acme):
    tell(acme, Source.STRIPE, external_id="a", identifiers={"invoice": "in_1"})
    tell(acme, Source.STRIPE, external_id="b", identifiers={"charge": "ch_1"})
    tell(acme, Source.STRIPE, external_id="b", identifiers={"charge": "ch_1", "invoice": "in_1"}, at=NOON + HOUR)
    second = Order.objects.get(external_id="b")
    assert second.warnings == [{"code": "names_another_order", "name": "invoice:in_1"}]
    assert Order.objects.get(external_id="a").names.get().value == "in_1"


def test_a_refund_that_two_sources_tell_counts_once(acme, alice):
    order = tell(acme, Source.SHOPIFY, referral_code="ALICE-LINK").order
    give_back(acme, Source.SHOPIFY, ("external_id", "1001"), refund_id="900")
    give_back(acme, Source.API, ("external_id", "1001"), refund_id="R-1", at=NOON + HOUR)
    # The shop gives the same amount back again: that is another refund, told by both again.
    give_back(acme, Source.API, ("external_id", "1001"), refund_id="R-2", at=NOON + DAY)
    give_back(acme, Source.SHOPIFY, ("external_id", "1001"), refund_id="901", at=NOON + DAY)
    order.refresh_from_db()
    assert (order.refunded_minor, Refund.objects.count(), order.refunds.counted().count()) == (2000, 4, 2)
    orders.bring_undone_refund(
        storefront=acme, names=[("external_id", "1001")], refund_id="R-1", source=Source.API, at=NOON + DAY
    )
    order.refresh_from_db()
    assert order.refunded_minor == 1000


def test_an_early_refund_waits_for_its_order(acme, rival, alice):
    fact = give_back(acme, Source.STRIPE, ("payment_intent", "pi_1"))
    assert give_back(acme, Source.STRIPE, ("payment_intent", "pi_1")) == fact
    parcel = {"fulfilment_id": "P-1", "shipped_at": NOON}
    orders.bring_fulfilment(storefront=acme, names=[("external_id", "1001")], fulfilment=parcel, at=NOON)
    tell(rival, Source.STRIPE, identifiers=PAYMENT)
    assert set(WaitingFact.objects.values_list("state", flat=True)) == {"waiting"}
    order = tell(acme, Source.SHOPIFY, identifiers=PAYMENT, referral_code="ALICE-LINK").order
    order.refresh_from_db()
    assert (order.refunded_minor, order.shipped_at) == (1000, NOON)
    assert set(WaitingFact.objects.values_list("state", flat=True)) == {"taken"}
    assert [event.type for event in Event.objects.filter(subject_kind="conversion").order_by("version")] == [
        "conversion.recorded",
        "conversion.adjusted",
        "conversion.adjusted",
    ]


def test_a_deleted_refund_may_be_told_before_the_refund(acme):
    order = tell(acme, Source.WOOCOMMERCE).order
    name = ("external_id", "1001")
    orders.bring_undone_refund(storefront=acme, names=[name], refund_id="R-1", source=Source.WOOCOMMERCE, at=NOON)
    give_back(acme, Source.WOOCOMMERCE, name)
    order.refresh_from_db()
    assert (order.refunded_minor, order.refunds.get().undone_at) == (0, NOON)


def test_after_a_week_nobody_waits_any_more(acme):
    fact = give_back(acme, Source.SHOPIFY, ("external_id", "1001"))
    assert (waiting.expire(at=NOON + 7 * DAY - HOUR), waiting.expire(at=NOON + 7 * DAY)) == (0, 1)
    fact.refresh_from_db()
    order = tell(acme, Source.SHOPIFY, at=NOON + 8 * DAY).order
    assert (fact.state, order.refunded_minor) == ("expired", 0)


def test_what_contradicts_its_order_is_kept_with_the_reason(acme):
    give_back(acme, Source.API, ("external_id", "1001"), amount_minor=None, products=[{"line_id": "nobody's"}])
    tell(acme, Source.API)
    fact = WaitingFact.objects.get()
    assert (fact.state, Refund.objects.count()) == ("refused", 0)
    assert "has no such line" in fact.problem
