"""An order as Shopify writes it, in its webhooks and in its REST API alike. Pure.

Amounts are those of the shop's own currency, never the customer's: the top-level fields, or ``shop_money``.
"""

from advocacy import money
from referrals.inbound import payloads
from referrals.inbound.payloads import (
    email,
    inside,
    is_price,
    kept,
    minor,
    moment,
    object_of,
    objects,
    said,
    text,
    whole,
)
from referrals.inbound.shopify_refunds import Rate, given_back
from referrals.models import OrderKind, OrderStatus

# The cart attributes that the snippet writes.
CLICK, CODE = "advocacy_click", "advocacy_code"
_PAID = {"paid", "partially_refunded", "refunded"}
_LONGEST_NAME = 300
_MOST_LINES = 1000
# What is 0 where it cannot be read; of what an order is refused without, see _check.
_PARTS = (
    "total_line_items_price",
    "total_discounts",
    "total_tax",
    "total_tip_received",
    "total_shipping_price_set.shop_money.amount",
    "original_total_duties_set.shop_money.amount",
    "line_items.tax_lines.price",
    "line_items.discount_allocations.amount",
)


def order(data):
    """Its fields as the API names them. A partly paid order is not paid yet."""
    currency = text(data.get("currency"), 3).upper()
    _check(data, currency)
    attributes = _attributes(data)
    return said(
        external_id=text(data.get("id")),
        identifiers=said(number=text(data.get("name")), checkout_token=text(data.get("checkout_token"))),
        status=_status(data),
        kind=OrderKind.RENEWAL if str(data.get("source_name")).startswith("subscription_contract") else None,
        customer=_customer_of(data),
        click_id=attributes.get(CLICK),
        referral_code=attributes.get(CODE),
        coupon_codes=[code for each in objects(data.get("discount_codes"))[:50] if (code := text(each.get("code")))],
        currency=currency,
        country=_country(data),
        placed_at=moment(data.get("processed_at")) or moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
        products=[_line(line, currency) for line in objects(data.get("line_items"))[:_MOST_LINES]],
        source=said(channel=text(data.get("source_name"), 40), landing=text(data.get("landing_site"), 500)),
        metadata=attributes,
        **_whence(data),
    ) | _edited(data, _money(data, currency), currency)


def _whence(data):
    """From where it was ordered, and where it goes to."""
    browser, to = object_of(data.get("client_details")), object_of(data.get("shipping_address"))
    return {
        "ip": text(data.get("browser_ip") or browser.get("browser_ip"), 60),
        "user_agent": text(browser.get("user_agent"), 1000),
        "shipping_hash": payloads.place_hash(to.get("country_code"), to.get("zip"), to.get("address1")),
    }


def _check(data, currency):
    """Refused without what its money and its status are made of; a status may be null, and is pending then."""
    lines, now = data.get("line_items"), data.get("current_total_price")
    payloads.check(
        id=text(data.get("id")),
        currency=currency in money.CURRENCIES,
        financial_status=data.get("cancelled_at")
        or ("financial_status" in data and isinstance(data["financial_status"], str | None)),
        total_price=is_price(data.get("total_price"), currency),
        subtotal_price=is_price(data.get("subtotal_price"), currency),
        current_total_price=now is None or is_price(now, currency),
        line_items=isinstance(lines, list) and all(is_price(each.get("price"), currency) for each in objects(lines)),
    )


def unread(data):
    """The names of amounts that are none, and count as 0."""
    currency = text(data.get("currency"), 3).upper()
    found = payloads.unread(data, lambda value: payloads.minor_or_none(value, currency) is not None, *_PARTS)
    told = all(given_back(each, currency, Rate.of(data)) is not None for each in objects(data.get("refunds")))
    return found if told else (*found, "refunds.transactions.amount")


def _money(data, currency):
    def shop_money(name):
        return minor(inside(data, name, "shop_money", "amount"), currency)

    tip = minor(data.get("total_tip_received"), currency)
    return {
        "subtotal_minor": max(minor(data.get("total_line_items_price"), currency), 0),
        # Of goods and of shipping, which is told before it.
        "discount_minor": max(minor(data.get("total_discounts"), currency), 0),
        "tax_minor": max(minor(data.get("total_tax"), currency), 0),
        "tax_included": data.get("taxes_included") is True,
        "shipping_minor": max(shop_money("total_shipping_price_set"), 0),
        "other_minor": max(tip + shop_money("original_total_duties_set"), 0),
        "total_minor": max(minor(data.get("total_price"), currency), 0),
        "revenue_minor": max(_revenue(data, currency), 0),
    }


def _revenue(data, currency):
    """Goods after discounts, before shipping, without their own tax, and without gift cards: those are money."""
    taxed = data.get("taxes_included") is True
    lines = objects(data.get("line_items"))
    tax = sum(minor(each.get("price"), currency) for line in lines for each in objects(line.get("tax_lines")))
    cards = sum(_net(line, currency) for line in lines if line.get("gift_card") is True)
    return minor(data.get("subtotal_price"), currency) - (tax if taxed else 0) - cards


def _edited(data, parts, currency):
    """After an edit the order costs what is left of it now and what was given back; its first total stays written."""
    if data.get("current_total_price") is None:
        return parts
    back = sum(given_back(each, currency) or 0 for each in objects(data.get("refunds")))
    now, was = minor(data.get("current_total_price"), currency) + back, parts["total_minor"]
    # Goods that came back before their money did are no edit; nor is money that came back without goods.
    change = min(now - was, _added(data, currency)) if now > was else (now - was) * _was_shortened(data)
    if not change or not was:
        return parts
    parts |= {"total_minor": was + change, "revenue_minor": money.share(parts["revenue_minor"], was + change, was)}
    grown = "subtotal_minor" if change > 0 else "discount_minor"
    return parts | {grown: parts[grown] + abs(change)}


def _added(data, currency):
    """What lines cost that an edit put in."""
    lines = objects(data.get("line_items"))
    cost = sum(minor(line.get("price"), currency) * _pieces(line) for line in lines)
    return max(cost - minor(data.get("total_line_items_price"), currency), 0)


def _was_shortened(data):
    """Whether lines were taken out by more than refunds say came back."""
    returned = {}
    for refund in objects(data.get("refunds")):
        for each in objects(refund.get("refund_line_items")):
            name = text(each.get("line_item_id"))
            returned[name] = returned.get(name, 0) + whole(each.get("quantity"))
    return any(
        "current_quantity" in line
        and whole(line["current_quantity"]) + returned.get(text(line.get("id")), 0) < whole(line.get("quantity"))
        for line in objects(data.get("line_items"))
    )


def _status(data):
    if data.get("cancelled_at"):
        return OrderStatus.CANCELLED
    return OrderStatus.PAID if text(data.get("financial_status")) in _PAID else OrderStatus.PENDING


def _attributes(data):
    return kept((each.get("name"), each.get("value")) for each in objects(data.get("note_attributes")))


def _customer_of(data):
    """The e-mail may be null, as of a sale at the counter."""
    buyer = object_of(data.get("customer"))
    return person(buyer) | said(email=email(buyer.get("email") or data.get("email") or data.get("contact_email")))


def person(data):
    name = f"{text(data.get('first_name'))} {text(data.get('last_name'))}".strip()
    return said(
        external_id=text(data.get("id")),
        email=email(data.get("email")),
        name=name[:200],
        phone=text(data.get("phone"), 40),
        country=text(inside(data, "default_address", "country_code"), 2),
        created_at=moment(data.get("created_at")),
        updated_at=moment(data.get("updated_at")),
    )


def _country(data):
    code = inside(data, "shipping_address", "country_code") or inside(data, "billing_address", "country_code")
    return text(code, 2)


def _line(line, currency):
    return said(
        line_id=text(line.get("id")),
        product_id=text(line.get("product_id")),
        variant_id=text(line.get("variant_id")),
        sku=text(line.get("sku")),
        name=text(line.get("name") or line.get("title"), _LONGEST_NAME),
        category=text(line.get("product_type")),
        quantity=_pieces(line),
    ) | {
        "price_minor": max(minor(line.get("price"), currency), 0),
        "discount_minor": _discount(line, currency),
        "requires_shipping": line.get("requires_shipping") is not False,
    }


def _pieces(line):
    return min(whole(line.get("quantity")), 1_000_000) or 1


def _discount(line, currency):
    return max(sum(minor(each.get("amount"), currency) for each in objects(line.get("discount_allocations"))), 0)


def _net(line, currency):
    return max(minor(line.get("price"), currency) * _pieces(line) - _discount(line, currency), 0)
