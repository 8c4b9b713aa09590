"""Stripe tells of one payment in several ways, in any order: it is one order, and each refund counts once."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from advocacy.models import Storefront
from advocacy.refusals import Refused
from referrals import inbound
from referrals.inbound import platforms, stripe, stripe_orders
from referrals.models import Conversion, InboundMessage, InboundRefusal, Order
from tests.cast import DAY, MINUTE
from tests.referrals import platforms_stage as stage


def in_any_order(documents):
    """Every other of the orders in which they can come; ``bin/test --full`` has all of them."""
    every = list(permutations(documents))
    return [pytest.param(each, marks=[pytest.mark.full] if place % 2 else []) for place, each in enumerate(every)]


@pytest.fixture
def account(acme):
    return stage.connected(acme, "stripe")


@pytest.fixture
def tell(client, account):
    """Post these documents, then work on them as often as one waits for another."""

    def all_of(*documents):
        for each in documents:
            told = stage.document(f"stripe/{each}") if isinstance(each, str) else each
            assert stage.post(client, account, told).status_code == 200
        for pause in range(3):
            inbound.work(at=timezone.now() + pause * 5 * MINUTE)
        return Order.objects.get() if Order.objects.count() == 1 else None

    return all_of


def test_a_paid_checkout_of_a_friend_converts(tell, alice):
    order = tell("checkout_session_completed")
    assert (order.external_id, order.brought_by, order.status, order.currency) == (
        "cs_live_a1Acme",
        "stripe",
        "paid",
        "EUR",
    )
    assert (order.subtotal_minor, order.discount_minor, order.shipping_minor, order.total_minor) == (
        5000,
        500,
        490,
        4990,
    )
    assert (order.tax_minor, order.tax_included, order.revenue_minor, order.warnings) == (797, True, 3703, [])
    assert (order.customer.email, order.country, order.metadata) == ("fred@example.com", "DE", {"gift": "yes"})
    assert Conversion.objects.get().referral.advocate == alice


@pytest.mark.parametrize(
    "documents", in_any_order(["checkout_session_subscription", "invoice_paid", "invoice_payment_paid"])
)
def test_a_subscription_is_one_order_whatever_comes_first(tell, alice, documents):
    order = tell(*documents)
    assert (order.total_minor, order.status, order.kind, order.subscription_id, order.warnings) == (
        2900,
        "paid",
        "new_subscription",
        "sub_1Acme0003",
        [],
    )
    assert order.products[0]["name"] == "1 × Coffee club (at 29.00 € / month)"
    assert Conversion.objects.count() == 1
    # The refund names the payment, which only the invoice's payment named.
    refund = stage.document("stripe/refund_created", charge="ch_3Acme0003", payment_intent="pi_3Acme0003", amount=2900)
    assert tell(refund).refunded_minor == 2900


def test_a_renewal_is_an_order_of_its_own(tell):
    tell("invoice_paid", "invoice_paid_renewal")
    assert list(Order.objects.order_by("id").values_list("kind", "total_minor")) == [
        ("new_subscription", 2900),
        ("renewal", 2900),
    ]


def test_trials_and_nothing_never_convert(tell):
    tell("checkout_session_trial", "invoice_paid_trial", "customer_subscription_deleted")
    tell(stage.document("stripe/invoice_paid", amount_paid=0, starting_balance=-2900))
    assert (Order.objects.count(), set(InboundMessage.objects.values_list("state", flat=True))) == (0, {"ignored"})


@pytest.mark.parametrize(("ending", "status"), [("succeeded", "paid"), ("failed", "cancelled")])
def test_a_checkout_may_be_paid_days_later_or_never(tell, ending, status):
    order = tell("checkout_session_unpaid")
    assert (order.status, order.paid_at) == ("pending", None)
    later = stage.document(
        "stripe/checkout_session_unpaid", payment_status="paid" if ending == "succeeded" else "unpaid"
    )
    # In the same second as the session: what is later in its life is newer.
    tell(later | {"type": f"checkout.session.async_payment_{ending}", "id": "evt_later"})
    assert tell("checkout_session_unpaid").status == status


def test_a_payment_of_ones_own_counts_under_the_shops_number(tell, alice):
    order = tell("payment_intent_succeeded")
    assert (order.external_id, order.customer.external_id, order.total_minor) == ("2005", "fred", 5490)
    tell(stage.document("stripe/payment_intent_succeeded", id="pi_other", metadata={}))
    assert Order.objects.count() == 1


CUMULATIVE = ["charge_refunded", "refund_created"]


@pytest.mark.parametrize("documents", in_any_order(["checkout_session_completed", *CUMULATIVE]))
def test_a_refund_told_as_a_sum_and_by_itself_counts_once(tell, documents):
    order = tell(*documents)
    assert (order.refunded_minor, sum(each.amount_minor for each in order.refunds.counted())) == (1500, 1500)


def test_sums_alone_count_and_the_refunds_they_are_made_of_take_their_place(tell):
    tell("checkout_session_completed", "charge_refunded")
    order = tell(stage.document("stripe/charge_refunded", amount_refunded=2000))
    assert order.refunded_minor == 2000
    assert tell("refund_created").refunded_minor == 2000
    order = tell(stage.document("stripe/refund_created", id="re_2", amount=500))
    assert (order.refunded_minor, order.refunds.counted().count()) == (2000, 2)
    assert sorted(order.refunds.counted().values_list("refund_id", flat=True)) == ["re_2", "re_3Acme0001"]


@pytest.mark.parametrize("documents", in_any_order(["charge_refunded", "refund_created", "refund_failed"]))
def test_a_refund_that_failed_gives_nothing_back(tell, documents):
    order = tell("checkout_session_completed", *documents)
    assert (order.refunded_minor, order.refunds.counted().count()) == (0, 0)


@pytest.mark.parametrize("documents", in_any_order(["charge_dispute_created", "charge_dispute_closed"]))
def test_a_dispute_takes_the_money_until_it_is_won(tell, documents):
    order = tell("checkout_session_completed", *documents)
    assert (order.refunds.get().kind, order.refunded_minor) == ("chargeback", 0)


def test_a_lost_dispute_and_an_inquiry(tell):
    order = tell(
        "checkout_session_completed", stage.document("stripe/charge_dispute_created", status="warning_needs_response")
    )
    assert order.refunded_minor == 0
    assert tell(stage.document("stripe/charge_dispute_closed", status="lost")).refunded_minor == 4990


def test_a_refund_of_no_order_of_ours_waits_a_week_and_is_let_go(tell):
    tell("charge_refunded")
    message = InboundMessage.objects.get()
    assert (message.state, message.note) == (
        "received",
        "The order of this payment is not here yet. It is tried again.",
    )
    inbound.work(at=timezone.now() + 8 * DAY)
    message.refresh_from_db()
    assert (message.state, message.note) == (
        "ignored",
        "The order of this payment is not here yet. It waited for a week.",
    )


def test_test_payments_belong_to_the_twin(tell, acme):
    order = tell(stage.document("stripe/checkout_session_completed") | {"livemode": False})
    assert order.storefront == Storefront.objects.get(test_twin_of=acme)


def test_old_future_and_forged_signatures_are_refused(client, account):
    raw, now = b'{"id": "evt_1", "type": "invoice.paid"}', timezone.now()

    def status(header):
        return stage.post(client, account, raw, headers={"Stripe-Signature": header}).status_code

    assert status(stage.stripe_signature(raw, at=now - timedelta(seconds=310))) == 422
    assert status(stage.stripe_signature(raw, at=now + timedelta(seconds=310))) == 422
    assert status(stage.stripe_signature(raw, at=now, secret=stage.SECRET.removeprefix("whsec_"))) == 401
    assert status(stage.stripe_signature(raw + b" ", at=now)) == 401
    assert [status(header) for header in ("", "t=,v1=", "v1=ü", "t=1e9,v1=0", "t=²,v1=x")] == [401] * 5
    # While Stripe's own secret is changed, it signs with both.
    assert status(stage.stripe_signature(raw, at=now) + ",v1=00ff,v0=1") == 200
    counted = dict(InboundRefusal.objects.values_list("reason", "count"))
    assert counted == {"too_old": 2, "invalid_signature": 7}


@pytest.mark.parametrize(
    ("currency", "stripes", "ours"),
    [
        ("eur", 1250, 1250),
        ("jpy", 1250, 1250),
        ("isk", 125000, 1250),
        ("ugx", 125050, 1251),
        ("kwd", 1250, 1250),
        ("mga", 1250, 125000),
    ],
)
def test_stripes_minor_units_are_ours(currency, stripes, ours):
    assert stripe_orders.amount(stripes, currency) == ours


@pytest.mark.parametrize(
    ("reference", "click", "code"),
    [
        ("clk_01kb1c6d3xf8k9v2q4w7e5r1tn", "clk_01kb1c6d3xf8k9v2q4w7e5r1tn", None),
        ("code_ALICE-LINK", None, "ALICE-LINK"),
        ("ALICE-LINK", None, None),
        ("my_code_7", None, None),
        ("clk_mine", None, None),
        ("code_", None, None),
        (None, None, None),
    ],
)
def test_what_the_snippet_wrote_is_told_from_the_shops_own_reference(reference, click, code):
    session = stage.document("stripe/checkout_session_completed")["data"]["object"]
    session |= {"client_reference_id": reference, "metadata": {}}
    fields = stripe_orders.of_session(session, None, timezone.now())
    assert (fields.get("click_id"), fields.get("referral_code")) == (click, code)


def read(name, **changes):
    told = stage.document(f"stripe/{name}", **changes)
    return stripe.read_object(told["type"], told["data"]["object"], told_at=timezone.now())


@pytest.mark.parametrize(
    ("name", "changes", "missing"),
    [
        ("checkout_session_completed", {"amount_total": "4990"}, "amount_total"),
        ("checkout_session_completed", {"amount_total": -1}, "amount_total"),
        ("checkout_session_completed", {"amount_total": 10**30}, "amount_total"),
        ("checkout_session_completed", {"currency": "eux"}, "currency"),
        ("checkout_session_completed", {"currency": None}, "currency"),
        ("checkout_session_completed", {"payment_status": None}, "payment_status"),
        ("invoice_paid", {"total": True}, "total"),
        ("invoice_paid", {"total": 29.0, "amount_paid": "29"}, "total, amount_paid"),
        ("payment_intent_succeeded", {"amount_received": [5490]}, "amount_received"),
        ("charge_refunded", {"amount_refunded": "1500"}, "amount_refunded"),
        ("charge_refunded", {"currency": "?"}, "currency"),
        ("refund_created", {"amount": "1500"}, "amount"),
        ("refund_created", {"amount": -1500}, "amount"),
        ("refund_failed", {"currency": 7}, "currency"),
        ("charge_dispute_created", {"amount": "all"}, "amount"),
    ],
)
def test_a_document_without_its_money_is_refused_by_name(name, changes, missing):
    with pytest.raises(Refused, match=f"^Missing or unreadable: {missing}\\. Nothing of it was taken"):
        read(name, **changes)


@pytest.mark.parametrize(
    ("name", "changes", "ignored"),
    [
        ("checkout_session_trial", {"amount_total": None, "currency": None}, "Nothing was to be paid, or nothing yet."),
        ("refund_created", {"amount": 0}, "No money was given back."),
        ("charge_refunded", {"amount_refunded": None}, "No money was given back."),
        ("charge_dispute_created", {"status": "warning_closed", "amount": "?"}, "The bank asks; it took no money."),
    ],
)
def test_what_costs_nothing_is_no_fault(name, changes, ignored):
    assert (read(name, **changes).ignored, read(name, **changes).calls) == (ignored, ())


@pytest.mark.parametrize(
    ("name", "changes", "names"),
    [
        ("checkout_session_completed", {}, ()),
        ("checkout_session_completed", {"amount_subtotal": "x"}, ("amount_subtotal",)),
        ("checkout_session_completed", {"total_details": {"amount_tax": 1.5}}, ("total_details.amount_tax",)),
        # What is given back of a period is below 0.
        ("invoice_paid", {"lines": {"data": [{"amount": -300}, {"amount": 3200}]}}, ()),
        ("invoice_paid", {"lines": {"data": [{"amount": "3200"}]}, "tax": {}}, ("tax", "lines.data.amount")),
        ("invoice_paid", {"total_taxes": [{"amount": False}]}, ("total_taxes.amount",)),
    ],
)
def test_parts_that_are_no_amounts_are_named_with_the_order(name, changes, names):
    assert read(name, **changes).calls[0].unread == names


def test_each_platform_has_what_the_door_needs():
    names = {"SOURCE", "TOPICS", "is_ping", "is_signed", "check_age", "named", "read", "listed"}
    assert [names - set(vars(module)) for module in platforms.ALL.values()] == [set()] * 3
