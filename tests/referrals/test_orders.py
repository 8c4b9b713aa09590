import pytest

from advocacy.models import Customer, Event
from advocacy.refusals import Conflict, Refused
from referrals import orders, signups
from referrals.models import Conversion, Order, Referral
from tests import cast
from tests.cast import DAY, HOUR, NOON


def record(acme, at=NOON, lenient=False, **changes):
    fields = cast.order(**{"customer": {"external_id": "fred"}} | changes)
    return orders.record(storefront=acme, orders=[fields], at=at, lenient=lenient)[0]


def told(kind):
    return list(Event.objects.filter(type__startswith=kind).order_by("id"))


def test_an_order_with_a_code_binds_and_converts(acme, alice):
    said = {"referral_code": "alice-link", "country": "DE", "coupon_codes": ["spring"]}
    answer = record(acme, paid_at=NOON - HOUR, placed_at=NOON - 2 * HOUR, **said)
    order, conversion = answer.order, answer.conversion
    assert (answer.created, answer.replayed, answer.reasons, answer.warnings) == (True, False, (), ())
    assert (order.status, order.revenue_minor, order.unattributed, order.version) == ("paid", 5000, [], 1)
    assert (conversion.sequence, conversion.stands, conversion.converted_at) == (1, True, NOON - HOUR)
    bond = Referral.objects.get()
    assert (bond.advocate, bond.bound_at) == (alice, NOON - 2 * HOUR)
    assert (bond.standing_conversions, bond.last_sequence, bond.converted_at) == (1, 1, NOON - HOUR)
    types = [event.type for event in told("") if event.customer == order.customer]
    assert types == ["customer.created", "referral.created", "order.recorded", "conversion.recorded"]
    recorded, converted = told("order.recorded")[0], told("conversion.recorded")[0]
    assert recorded.facts == {
        "status": "paid",
        "currency": "EUR",
        "total_minor": 5400,
        "basis_minor": 5400,
        "revenue_minor": 5000,
        "refunded_minor": 0,
        "cancelled": False,
        "stands": True,
        "referred": True,
        "coupon_codes": ["SPRING"],
        "country": "DE",
        "placed_at": (NOON - 2 * HOUR).isoformat(),
        "paid_at": (NOON - HOUR).isoformat(),
        "shipped_at": None,
        "delivered_at": None,
        "digital": False,
        "orders_change": 1,
        "revenue_change_minor": 5000,
        "refunded_change_minor": 0,
    }
    assert converted.facts == {
        "order": str(order.public_id),
        "sequence": 1,
        "converted_at": (NOON - HOUR).isoformat(),
        "bound_at": (NOON - 2 * HOUR).isoformat(),
        "placed_at": (NOON - 2 * HOUR).isoformat(),
        "paid_at": (NOON - HOUR).isoformat(),
        "shipped_at": None,
        "delivered_at": None,
        "digital": False,
        "currency": "EUR",
        "basis_minor": 5400,
        "refunded_minor": 0,
        "cancelled": False,
        "goods_minor": 5000,
        "revenue_minor": 5000,
        "products": [],
        "coupon_codes": ["SPRING"],
        "country": "DE",
        "channel": "",
        "method": "code",
        "days_since_signup": 0,
        "advocate_review": "clear",
        "friend_review": "clear",
        "risk_points": 0,
        "risk_checks": [],
        "rejected_because": "",
        "advocate_status": "active",
        "program_status": "active",
        "first_order_at": (NOON - HOUR).isoformat(),
        "earlier_orders": 0,
        "new_customer": True,
        "advocate_segments": [],
        "friend_segments": [],
        "advocate_tier": "",
        "friend_tier": "",
        "metadata": {},
        "stands": True,
        "friends_change": 1,
    }
    assert (converted.cause, converted.occurred_at, converted.advocate) == (recorded, NOON - HOUR, alice)


def test_an_order_of_nobodys_friend_is_taken_like_any_other(acme):
    answer = record(acme)
    assert (answer.created, answer.conversion) == (True, None)
    assert answer.order.unattributed == [{"key": "no_attribution"}]
    assert answer.reasons == tuple(answer.order.unattributed)
    assert told("order.recorded")[0].facts["referred"] is False


def test_a_bound_friends_next_orders_are_numbered(acme, alice):
    for number in (1, 2, 3):
        answer = record(acme, external_id=f"100{number}", referral_code="ALICE-LINK")
        assert answer.conversion.sequence == number
    assert [event.facts["friends_change"] for event in told("conversion")] == [1, 0, 0]
    assert Referral.objects.get().standing_conversions == 3


def test_an_order_placed_before_the_bond_converts_nothing_whichever_is_told_first(acme, alice, program):
    type(program).objects.update(new_customers_only=False)
    long_ago = {"placed_at": NOON - 30 * DAY, "paid_at": NOON - 30 * DAY}
    before = record(acme, external_id="1000", customer={"external_id": "fred"}, **long_ago)
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="ALICE-LINK", at=NOON)
    late = record(acme, external_id="1001", customer={"external_id": "fred"}, **long_ago)
    assert (before.conversion, before.order.unattributed) == (None, [{"key": "no_attribution"}])
    assert (late.conversion, late.order.unattributed) == (None, [{"key": "before_binding"}])
    assert [event.facts["referred"] for event in told("order.recorded")] == [False, False]
    assert record(acme, external_id="1002", customer={"external_id": "fred"}).conversion.sequence == 1


def test_the_same_order_again_changes_nothing(acme, alice):
    first = record(acme, referral_code="ALICE-LINK")
    events = Event.objects.count()
    again = record(acme, referral_code="ALICE-LINK", at=NOON + DAY)
    assert (again.order, again.conversion) == (first.order, first.conversion)
    assert (again.created, again.replayed) == (False, True)
    as_text = record(acme, referral_code="ALICE-LINK", placed_at="2026-03-02T13:00:00+01:00", kind=None)
    assert as_text.replayed
    assert Event.objects.count() == events


def test_another_order_of_the_same_id_is_a_conflict(acme):
    record(acme)
    with pytest.raises(Conflict) as refusal:
        record(acme, subtotal_minor=5100, total_minor=5500)
    assert refusal.value.code == "idempotency_conflict"
    assert (Order.objects.get().total_minor, Order.objects.get().version) == (5400, 1)


def test_rival_may_use_the_same_id(acme, rival):
    record(acme)
    assert record(rival).created


def test_guests_order_too(acme, alice):
    nobody = record(acme, customer=None, referral_code="ALICE-LINK")
    assert nobody.conversion is not None
    assert (nobody.order.customer.external_id, nobody.order.customer.email) == (None, None)
    assert record(acme, customer=None, referral_code="ALICE-LINK").replayed
    by_mail = record(acme, external_id="1002", customer={"email": "Fred@example.com"})
    fred = record(acme, external_id="1003", customer={"external_id": "fred", "email": "fred@example.com"})
    assert by_mail.order.customer == fred.order.customer


def test_a_list_takes_the_good_ones_and_names_what_is_wrong_with_the_others(acme):
    good, bad, also = cast.order("1"), cast.order("2", total_minor=1), cast.order("3")
    answers = orders.record(storefront=acme, orders=[good, bad, "nonsense", also], at=NOON)
    assert [answer.created for answer in answers] == [True, False, False, True]
    assert [answer.refusal and answer.refusal.code for answer in answers] == [
        None,
        "total_mismatch",
        "invalid_field",
        None,
    ]
    assert set(Order.objects.values_list("external_id", flat=True)) == {"1", "3"}


@pytest.mark.parametrize(
    ("changes", "revenue"),
    [
        ({}, 5000),
        ({"discount_minor": 1000, "total_minor": 4400}, 4000),
        ({"tax_minor": 798, "tax_included": True}, 4202),
        ({"tax_minor": 950, "tax_included": False, "total_minor": 6350}, 5000),
        ({"tax_minor": 6000, "tax_included": True}, 0),
        ({"other_minor": 100, "total_minor": 5500}, 5000),
        ({"revenue_minor": 1234}, 1234),
        ({"total_minor": 5401}, 5000),
        ({"total_minor": 5403, "products": [{"sku": "a"}] * 3}, 5000),
    ],
)
def test_revenue_is_after_discounts_before_tax_and_shipping(acme, changes, revenue):
    assert record(acme, **changes).order.revenue_minor == revenue


@pytest.mark.parametrize(
    "changes",
    [
        {"total_minor": 5402},
        {"total_minor": 5404, "products": [{"sku": "a"}] * 3},
        {"tax_minor": 950, "tax_included": False},
        {"discount_minor": 6000, "total_minor": 0},
    ],
)
def test_a_total_that_contradicts_its_parts_is_refused_with_the_computed_value(acme, changes):
    with pytest.raises(Refused) as refusal:
        record(acme, **changes)
    assert refusal.value.code == "total_mismatch"
    computed = 5000 - changes.get("discount_minor", 0) + 400 + changes.get("tax_minor", 0)
    assert str(computed) in refusal.value.errors["total_minor"]
    assert not Order.objects.exists()
    assert not Customer.objects.exists()


def test_a_lenient_order_is_stored_with_a_warning(acme):
    answer = record(acme, total_minor=9900, lenient=True)
    assert answer.warnings == ({"code": "total_mismatch", "computed_minor": 5400, "total_minor": 9900},)
    assert Order.objects.get().warnings == list(answer.warnings)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"external_id": ""}, "invalid_field", "external_id"),
        ({"external_id": " "}, "invalid_field", "external_id"),
        ({"external_id": "x" * 201}, "invalid_field", "external_id"),
        ({"external_id": None}, "missing_field", "external_id"),
        ({"status": None}, "missing_field", "status"),
        ({"status": "shipped"}, "invalid_field", "status"),
        ({"kind": []}, "invalid_field", "kind"),
        ({"currency": "eur"}, "unknown_currency", "currency"),
        ({"currency": "PTS"}, "unknown_currency", "currency"),
        ({"currency": ["EUR"]}, "unknown_currency", "currency"),
        ({"subtotal_minor": -1}, "invalid_amount", "subtotal_minor"),
        ({"subtotal_minor": 50.0}, "invalid_amount", "subtotal_minor"),
        ({"subtotal_minor": True}, "invalid_amount", "subtotal_minor"),
        ({"subtotal_minor": "5000"}, "invalid_amount", "subtotal_minor"),
        ({"subtotal_minor": 10**12 + 1}, "invalid_amount", "subtotal_minor"),
        ({"revenue_minor": -5}, "invalid_amount", "revenue_minor"),
        ({"tax_included": 1}, "invalid_field", "tax_included"),
        ({"placed_at": NOON + DAY + HOUR}, "date_in_future", "placed_at"),
        ({"paid_at": "9999-12-31T23:59:59Z"}, "date_in_future", "paid_at"),
        ({"paid_at": "2026-03-02T12:00:00"}, "invalid_field", "paid_at"),
        ({"updated_at": 5}, "invalid_field", "updated_at"),
        ({"country": "GER"}, "invalid_field", "country"),
        ({"metadata": {"note": "x" * 10_001}}, "invalid_field", "metadata"),
        ({"metadata": {"note": "\0"}}, "invalid_field", "metadata"),
        ({"metadata": {"note": "\udc00"}}, "invalid_field", "metadata"),
        ({"source": "shop"}, "invalid_field", "source"),
        ({"customer": 7}, "invalid_field", "customer"),
        ({"customer": {"email": "nobody"}}, "invalid_field", "email"),
        ({"customer": {"traits": {"a": float("inf")}}}, "invalid_field", "customer"),
        ({"customer": "cus_000001"}, "unknown_customer", None),
        ({"customer": "nobody"}, "unknown_customer", None),
        ({"coupon_codes": "TEN"}, "invalid_field", "coupon_codes"),
        ({"coupon_codes": [1]}, "invalid_field", "coupon_codes"),
        ({"referral_code": "a\0"}, "invalid_field", "referral_code"),
        ({"products": {}}, "invalid_field", "products"),
        ({"products": ["cup"]}, "invalid_field", "products[0]"),
        ({"products": [{"quantity": 0}]}, "invalid_field", "products[0].quantity"),
        ({"products": [{}, {"price_minor": -1}]}, "invalid_amount", "products[1].price_minor"),
        ({"products": [{"colour": "red"}]}, "unknown_field", "colour"),
        ({"amount": 5}, "unknown_field", "amount"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_written(acme, changes, code, field):
    with pytest.raises(Refused) as refusal:
        record(acme, **changes)
    assert (refusal.value.code, list(refusal.value.errors)) == (code, [field] if field else [])
    assert not Order.objects.exists()
    assert not Customer.objects.exists()
    assert not Event.objects.exists()


def test_an_order_of_an_external_id_that_is_new_makes_its_customer(acme, alice):
    answer = record(acme, customer="ext_fred", referral_code="ALICE-LINK")
    fred = Customer.objects.get(external_id="fred")
    assert (answer.order.customer, answer.conversion.referral.friend) == (fred, fred)
    assert record(acme, external_id="1002", customer="ext_fred").order.customer == fred


def test_a_date_in_the_far_future_names_the_limit(acme):
    with pytest.raises(Refused, match="at most 2026-03-03 12:00 UTC is taken"):
        record(acme, placed_at=NOON + 3 * DAY)


def test_a_clock_a_little_ahead_is_forgiven(acme, alice):
    answer = record(acme, placed_at=NOON + HOUR, referral_code="ALICE-LINK")
    assert answer.conversion.converted_at == NOON
    assert {event.occurred_at for event in told("order") + told("conversion")} == {NOON}


def test_hints_that_lead_nowhere_refuse_nothing(acme):
    answer = record(acme, referral_code="x" * 150, click_id="clk_nonsense", coupon_codes=["SUMMER"])
    assert (answer.order.referral_code, answer.order.click_id) == ("x" * 40, None)
    assert [reason["key"] for reason in answer.reasons] == ["unknown_code", "unknown_click"]


def test_a_self_referred_order_is_stored_and_says_why_it_does_not_count(acme, alice):
    answer = record(acme, customer={"external_id": "alice"}, referral_code="ALICE-LINK")
    assert answer.conversion is None
    assert answer.order.unattributed == [{"key": "self_referral"}]


def test_an_unpaid_order_binds_but_converts_nobody(acme, alice):
    answer = record(acme, status="pending", referral_code="ALICE-LINK")
    assert (answer.conversion, [reason["key"] for reason in answer.reasons]) == (None, ["order_unpaid"])
    assert Referral.objects.get().standing_conversions == 0
    assert told("order.recorded")[0].facts["orders_change"] == 0


def test_an_order_converts_in_every_program_of_the_friend(acme, program, alice):
    second = cast.program(acme, slug="second")
    cast.advocate(second, "mallory", code="second")
    answer = record(acme, referral_code="ALICE-LINK", coupon_codes=["second"])
    assert Conversion.objects.filter(order=answer.order).count() == 2


def test_a_referred_customer_converts_without_any_hint(acme, alice):
    signups.record(storefront=acme, customer={"external_id": "fred"}, code="ALICE-LINK", at=NOON - 10 * DAY)
    answer = record(acme, customer="ext_fred", placed_at=NOON - HOUR)
    assert answer.conversion is not None
    assert told("conversion.recorded")[0].facts["days_since_signup"] == 9


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revenue_minor": 5401}, "revenue_above_order"),
        ({"paid_at": NOON - DAY}, "paid_before_placed"),
    ],
)
def test_what_would_decide_money_wrongly_is_refused_or_stored_with_a_warning(acme, changes, code):
    with pytest.raises(Refused) as refusal:
        record(acme, **changes)
    assert refusal.value.code == code
    assert Order.objects.count() == 0
    assert [warning["code"] for warning in record(acme, lenient=True, **changes).order.warnings] == [code]
    assert record(acme, **changes).replayed, "the same again is the same order, lenient or not"
