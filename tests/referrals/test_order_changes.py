import pytest

from advocacy import ids
from advocacy.models import Customer, Event
from advocacy.refusals import Refused
from referrals import orders, signups
from referrals.models import Conversion, Order, Referral
from tests import cast
from tests.cast import DAY, HOUR, NOON


@pytest.fixture
def waiting(acme, alice):
    """Fred's order, placed with alice's code and not yet paid."""
    fields = cast.order("1001", status="pending", customer={"external_id": "fred"}, referral_code="ALICE-LINK")
    return orders.record(storefront=acme, orders=[fields], at=NOON)[0].order


def change(acme, at=NOON + HOUR, **fields):
    return orders.change(storefront=acme, external_id="1001", fields=fields, at=at)


def changes(kind):
    return [event.facts for event in Event.objects.filter(type=kind).order_by("id")]


def test_paying_converts(acme, waiting):
    answer = change(acme, status="paid")
    assert (answer.created, answer.replayed, answer.conversion.converted_at) == (False, False, NOON + HOUR)
    assert (answer.order.unattributed, answer.order.version) == ([], 2)
    facts = changes("order.changed")[0]
    assert (facts["orders_change"], facts["revenue_change_minor"], facts["referred"]) == (1, 5000, True)
    assert [facts["friends_change"] for facts in changes("conversion.recorded")] == [1]


def test_the_same_news_again_changes_nothing(acme, waiting):
    for _ in range(2):
        answer = change(acme, status="paid")
    assert answer.replayed
    assert len(changes("order.changed")) == Conversion.objects.count() == 1


def test_older_news_changes_nothing(acme, waiting):
    change(acme, status="paid", updated_at=NOON + HOUR)
    answer = change(acme, status="cancelled", updated_at=NOON + HOUR / 2, at=NOON + DAY)
    assert (answer.replayed, answer.order.status) == (True, "paid")
    assert Order.objects.get().status == "paid"


def test_cancelling_takes_the_conversion_back_and_paying_restores_it(acme, waiting):
    change(acme, status="paid")
    change(acme, status="cancelled", at=NOON + 2 * HOUR)
    bond, conversion = Referral.objects.get(), Conversion.objects.get()
    assert (bond.standing_conversions, bond.converted_at, conversion.stands) == (0, None, False)
    change(acme, status="paid", at=NOON + 3 * HOUR)
    bond, conversion = Referral.objects.get(), Conversion.objects.get()
    assert (bond.standing_conversions, bond.converted_at, conversion.stands) == (1, NOON + HOUR, True)
    adjusted = [
        (facts["stands"], facts["refunded_minor"], facts["friends_change"]) for facts in changes("conversion.adjusted")
    ]
    assert adjusted == [(False, 5400, -1), (True, 0, 1)]
    told = [
        (facts["orders_change"], facts["revenue_change_minor"], facts["refunded_change_minor"])
        for facts in changes("order.changed")
    ]
    assert told == [(1, 5000, 0), (-1, -5000, 5400), (1, 5000, -5400)]


def test_cancelling_what_was_never_paid_gives_nothing_back(acme, waiting):
    answer = change(acme, status="cancelled")
    assert answer.reasons == ({"key": "order_cancelled"},)
    assert changes("order.changed")[0]["refunded_change_minor"] == 0


def test_a_corrected_amount_is_told_to_the_conversion(acme, waiting):
    change(acme, status="paid")
    answer = change(acme, subtotal_minor=4000, total_minor=4400, at=NOON + 2 * HOUR)
    assert answer.order.revenue_minor == 4000
    facts = changes("conversion.adjusted")[0]
    assert (facts["basis_minor"], facts["goods_minor"], facts["revenue_minor"]) == (4400, 4000, 4000)
    assert changes("order.changed")[1]["revenue_change_minor"] == -1000


def test_what_does_not_concern_the_conversion_is_not_told_to_it(acme, waiting):
    change(acme, status="paid")
    assert not change(acme, metadata={"note": "gift"}, at=NOON + 2 * HOUR).replayed
    assert changes("conversion.adjusted") == []


def test_a_half_told_correction_names_the_computed_total(acme, waiting):
    with pytest.raises(Refused, match="4400") as refusal:
        change(acme, subtotal_minor=4000)
    assert refusal.value.code == "total_mismatch"
    assert Order.objects.get().subtotal_minor == 5000


def test_the_currency_stays(acme, waiting):
    with pytest.raises(Refused) as refusal:
        change(acme, currency="USD")
    assert refusal.value.code == "currency_changed"


def test_another_id_in_the_body_is_refused(acme, waiting):
    with pytest.raises(Refused):
        change(acme, external_id="1002")


def test_an_unknown_order_is_made(acme, alice):
    answer = change(acme, **cast.order("1001", referral_code="ALICE-LINK"))
    assert (answer.created, answer.conversion.sequence) == (True, 1)
    assert not change(acme, **cast.order("1001")).created


def test_a_late_code_converts_an_order_that_was_paid(acme, alice):
    change(acme, **cast.order("1001", customer={"external_id": "fred"}))
    answer = change(acme, referral_code="ALICE-LINK", at=NOON + 2 * HOUR)
    assert (answer.conversion.sequence, answer.order.unattributed) == (1, [])


def test_a_bond_after_the_payment_makes_no_conversion_of_it(acme, alice, program):
    type(program).objects.update(new_customers_only=False)
    change(acme, **cast.order("1001", customer={"external_id": "fred"}))
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="ALICE-LINK", at=NOON + 2 * HOUR)
    answer = change(acme, metadata={"note": "gift"}, at=NOON + 3 * HOUR)
    assert answer.conversion is None
    assert answer.order.unattributed == [{"key": "no_attribution"}]


def test_an_order_placed_before_the_bond_and_paid_after_it_is_no_conversion(acme, alice, program):
    type(program).objects.update(new_customers_only=False)
    change(acme, **cast.order("1001", status="pending", customer={"external_id": "fred"}))
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="ALICE-LINK", at=NOON + 2 * HOUR)
    answer = change(acme, status="paid", at=NOON + 3 * HOUR)
    assert answer.conversion is None
    assert answer.order.unattributed == [{"key": "before_binding"}]
    assert [facts["referred"] for facts in changes("order.changed")] == [False]


def test_an_order_a_moment_before_the_bond_of_the_same_checkout_converts(acme, alice):
    signups.record(storefront=acme, customer={"external_id": "gina"}, code="ALICE-LINK", at=NOON + HOUR)
    fields = cast.order("1002", customer="ext_gina")
    assert orders.record(storefront=acme, orders=[fields], at=NOON + HOUR)[0].conversion.sequence == 1


def test_a_nameless_guest_gets_a_name_and_an_order_keeps_its_buyer(acme):
    made = change(acme, **cast.order("1001"))
    named = change(acme, customer={"external_id": "fred"}, at=NOON + 2 * HOUR)
    assert (named.order.customer_id, named.order.customer.external_id) == (made.order.customer_id, "fred")
    other = change(acme, customer={"external_id": "mallory"}, at=NOON + 3 * HOUR)
    mallory = Customer.objects.get(external_id="mallory")
    assert other.order.customer_id == made.order.customer_id
    assert other.warnings == ({"code": "customer_differs", "customer": ids.encode("cus", mallory.public_id)},)
