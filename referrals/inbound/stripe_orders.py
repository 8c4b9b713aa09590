"""The orders behind Stripe's sessions, invoices and payment intents. Pure."""

from datetime import timedelta

from advocacy import ids, money
from referrals.inbound import payloads
from referrals.inbound.payloads import email, inside, kept, object_of, objects, said, since_epoch, text, whole
from referrals.models import OrderKind, OrderStatus

# Where Stripe counts other minor units than ISO 4217: https://docs.stripe.com/currencies
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
_RENEWS = {"subscription_cycle", "subscription_update", "subscription_threshold"}
_MOST_LINES = 1000
# Of sessions and of invoices: what is 0 where it cannot be read; of what is refused without, see check.
_PARTS = (
    "amount_subtotal",
    "total_details.amount_discount",
    "total_details.amount_shipping",
    "total_details.amount_tax",
    "subtotal",
    "shipping_cost.amount_subtotal",
    "tax",
    "total_discount_amounts.amount",
    "total_taxes.amount",
    "total_tax_amounts.amount",
    "lines.data.amount",
    "lines.data.discount_amounts.amount",
)
# Messages of one second: what is later in a payment's life is newer.
_STEP = timedelta(milliseconds=1)
_STEPS = {OrderStatus.PENDING: 0, OrderStatus.PAID: 1, OrderStatus.CANCELLED: 2}


def amount(value, currency):
    """Stripe's minor units as ours; 0 for what is no amount."""
    code = text(currency, 3).upper()
    places = money.decimals(code)
    theirs = _DECIMALS.get(code, places)
    if theirs >= places:
        return money.share(whole(value), 1, 10 ** (theirs - places))
    return whole(whole(value) * 10 ** (places - theirs))


def unread(told):
    """The names of amounts that are none, and count as 0; what is given back of a period may be below 0."""
    return payloads.unread(told, _is_amount, *_PARTS)


def _is_amount(value):
    return isinstance(value, int) and not isinstance(value, bool) and whole(abs(value)) == abs(value)


def check(told, *amounts):
    """Refused without what its money is made of; an amount may be null where there is none, as of a set-up."""
    sums = {
        name: name in told and (told[name] is None or (_is_amount(told[name]) and told[name] >= 0)) for name in amounts
    }
    priced = any(told.get(name) for name in amounts)
    payloads.check(**sums, currency=not priced or text(told.get("currency"), 3).upper() in money.CURRENCIES)


def of_session(session, status, told_at):
    """The fields of a checkout's order, or None where nothing was to be paid, as of a trial."""
    check(session, "amount_total")
    payloads.check(payment_status=status or text(session.get("payment_status")))
    currency, total = _currency(session), amount(session.get("amount_total"), session.get("currency"))
    if not total or session.get("payment_status") == "no_payment_required" or session.get("status") == "expired":
        return None
    status = status or (OrderStatus.PAID if session.get("payment_status") == "paid" else OrderStatus.PENDING)
    details, meta = object_of(session.get("total_details")), _metadata(session)
    buyer = object_of(session.get("customer_details"))
    subscription = _id(session.get("subscription"))
    return _order(
        session,
        meta,
        status=status,
        told_at=told_at,
        identifiers=said(
            session=text(session.get("id")),
            payment_intent=_id(session.get("payment_intent")),
            invoice=_id(session.get("invoice")),
        ),
        kind=OrderKind.NEW_SUBSCRIPTION if subscription else OrderKind.ONE_TIME,
        subscription_id=subscription,
        customer=_customer(session, meta, buyer, session.get("customer_email")),
        click_id=meta.get("advocacy_click") or _click(session.get("client_reference_id")),
        coupon_codes=_codes(session),
        country=_country(session, buyer),
    ) | _money(
        total=total,
        subtotal=amount(session.get("amount_subtotal"), currency),
        discount=amount(details.get("amount_discount"), currency),
        shipping=amount(details.get("amount_shipping"), currency),
        tax=amount(details.get("amount_tax"), currency),
    )


def of_invoice(invoice, told_at):
    """The fields of an invoice's order, or None where no money came: a trial, or all of it covered by credit."""
    check(invoice, "total", "amount_paid")
    currency, total = _currency(invoice), amount(invoice.get("total"), invoice.get("currency"))
    if not total or not whole(invoice.get("amount_paid")):
        return None
    reason, plan = text(invoice.get("billing_reason")), _plan(invoice)
    meta = _metadata(plan) | _metadata(invoice)
    buyer = {"email": invoice.get("customer_email"), "name": invoice.get("customer_name")}
    buyer |= {"phone": invoice.get("customer_phone"), "address": invoice.get("customer_address")}
    paid_by = next((each.get("payment") for each in objects(inside(invoice, "payments", "data"))), None)
    return _order(
        invoice,
        meta,
        status=OrderStatus.PAID,
        told_at=told_at,
        identifiers=said(
            invoice=text(invoice.get("id")),
            number=text(invoice.get("number")),
            payment_intent=_id(invoice.get("payment_intent")) or _id(object_of(paid_by).get("payment_intent")),
            charge=_id(invoice.get("charge")) or _id(object_of(paid_by).get("charge")),
        ),
        kind=OrderKind.RENEWAL
        if reason in _RENEWS
        else OrderKind.NEW_SUBSCRIPTION
        if reason == "subscription_create"
        else OrderKind.ONE_TIME,
        subscription_id=_id(invoice.get("subscription")) or _id(plan.get("subscription")),
        customer=_customer(invoice, meta, buyer, None),
        click_id=meta.get("advocacy_click"),
        coupon_codes=_codes(invoice),
        country=_country(invoice, buyer),
        paid_at=since_epoch(inside(invoice, "status_transitions", "paid_at")),
        products=_lines(invoice, currency),
    ) | _money(
        total=total,
        subtotal=amount(invoice.get("subtotal"), currency),
        discount=_sum(invoice.get("total_discount_amounts"), currency),
        shipping=amount(inside(invoice, "shipping_cost", "amount_subtotal"), currency),
        tax=amount(invoice.get("tax"), currency)
        or _sum(invoice.get("total_taxes"), currency)
        or _sum(invoice.get("total_tax_amounts"), currency),
    )


def of_intent(intent):
    """The fields of an order that was paid without checkout and invoice; what those tell of it is newer."""
    check(intent, "amount_received")
    total = amount(intent.get("amount_received"), intent.get("currency"))
    if not total:
        return None
    meta = _metadata(intent)
    address = inside(intent, "shipping", "address")
    return _order(
        intent,
        meta,
        status=OrderStatus.PAID,
        told_at=since_epoch(intent.get("created")),
        identifiers=said(
            payment_intent=text(intent.get("id")),
            invoice=_id(intent.get("invoice")),
            charge=_id(intent.get("latest_charge")),
        ),
        customer=_customer(intent, meta, {}, intent.get("receipt_email")),
        click_id=meta.get("advocacy_click"),
        country=text(object_of(address).get("country"), 2),
    ) | _money(total=total, subtotal=total, discount=0, shipping=0, tax=0)


def _order(told, meta, *, status, told_at, **fields):
    updated_at = told_at and told_at + _STEPS[status] * _STEP
    return said(
        external_id=meta.get("advocacy_order") or text(told.get("id")),
        status=status,
        currency=_currency(told),
        referral_code=meta.get("advocacy_code") or _code(told.get("client_reference_id")),
        placed_at=since_epoch(told.get("created")),
        updated_at=updated_at,
        metadata={name: value for name, value in meta.items() if not name.startswith("advocacy_")},
        shipping_hash=_door(told),
        payment_fingerprint=_card(told),
        **fields,
    )


def _money(*, total, subtotal, discount, shipping, tax):
    """The parts that come to the total: Stripe says of an order only that tax, not whether the prices hold it."""
    included = not tax or subtotal - discount + shipping == total
    other = total - (subtotal - discount + shipping + (0 if included else tax))
    return {
        "subtotal_minor": subtotal,
        "discount_minor": discount + max(-other, 0),
        "tax_minor": tax,
        "tax_included": included,
        "shipping_minor": shipping,
        "other_minor": max(other, 0),
        "total_minor": total,
    }


def _customer(told, meta, buyer, address):
    """By the shop's own id, or the e-mail; Stripe's id names only who has neither."""
    mail = email(buyer.get("email")) or email(address)
    own = meta.get("advocacy_customer")
    return said(
        external_id=own or (None if mail else _id(told.get("customer"))),
        email=mail,
        name=text(buyer.get("name")),
        phone=text(buyer.get("phone"), 40),
        country=text(inside(buyer, "address", "country"), 2),
    )


def _shipped(told):
    found = inside(told, "collected_information", "shipping_details") or told.get("shipping_details")
    return object_of(found or told.get("customer_shipping") or told.get("shipping"))


def _door(told):
    to = object_of(inside(_shipped(told), "address"))
    return payloads.place_hash(to.get("country"), to.get("postal_code"), to.get("line1"))


def _card(told):
    """Stripe's own fingerprint of the card, the same wherever it pays; where the charge is told with it."""
    charge = object_of(told.get("latest_charge") or told.get("charge"))
    return text(inside(charge, "payment_method_details", "card", "fingerprint"), 200)


def _country(told, buyer):
    return text(inside(_shipped(told), "address", "country") or inside(buyer, "address", "country"), 2)


def _codes(told):
    """What was typed, where Stripe writes it out; else the promotion code's id."""
    found = [each.get("promotion_code") for each in objects(told.get("discounts"))]
    return [code for each in found[:50] if (code := text(each.get("code") if isinstance(each, dict) else each))]


def _click(value):
    value = text(value)
    return value if ids.decode("clk", value) else None


def _code(value):
    """A code as advocacy.js writes it there, ``code_ALICE``; anything else is the shop's own reference."""
    head, mark, code = text(value).partition("code_")
    return code if mark and not head else None


def _lines(invoice, currency):
    lines = [_line(each, currency) for each in objects(inside(invoice, "lines", "data"))[:_MOST_LINES]]
    return [line for line in lines if line]


def _line(each, currency):
    """A part of a period that is given back (below 0) is no line; the price is rounded up, the discount evens out."""
    cost = amount(each.get("amount"), currency)
    pieces = max(whole(each.get("quantity")), 1)
    if not cost or pieces > cost:
        return None
    price = -(-cost // pieces)
    discount = _sum(each.get("discount_amounts"), currency)
    named = inside(each, "pricing", "price_details") or {}
    return said(
        line_id=text(each.get("id")),
        product_id=_id(inside(each, "price", "product")) or _id(inside(named, "product")),
        variant_id=_id(each.get("price")) or _id(inside(named, "price")),
        name=text(each.get("description"), 300),
        quantity=pieces,
    ) | {"price_minor": price, "discount_minor": discount + price * pieces - cost}


def _sum(value, currency):
    return sum(amount(each.get("amount"), currency) for each in objects(value))


def _plan(invoice):
    found = invoice.get("subscription_details") or inside(invoice, "parent", "subscription_details")
    return object_of(found)


def _metadata(told):
    return kept(object_of(told.get("metadata")).items())


def _currency(told):
    return text(told.get("currency"), 3).upper()


def _id(value):
    """An id, or that of an object that was written out in its place."""
    return text(value.get("id") if isinstance(value, dict) else value)
