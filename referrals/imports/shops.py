"""The tables that Shopify and WooCommerce export themselves: as the API names it. Pure.

Their JSON, one document a line, is what their own APIs and webhooks write, and is read by the same functions.
"""

import re

from advocacy import given
from referrals.imports import dealing, values
from referrals.inbound import payloads, shopify_orders, woocommerce
from referrals.inbound.shopify_refunds import given_back

_NOTE = re.compile(r"^(advocacy_click|advocacy_code):\s*(\S+)\s*$", re.M)
_PIECES = re.compile(r"\d{1,7}", re.ASCII).fullmatch
_PAID = {"paid", "partially_refunded", "refunded"}
_CENTS = "."
_MOST_LINES = 1000
_WOO_PAID = {"processing", "completed", "refunded"}
_WOO_LEFT = {"cancelled", "failed", "trash"}


def shopify_order(rows, how):
    """The rows of one order: the first says what it is, each has a line of it."""
    head = rows[0]
    currency = given.currency("Currency", head.get("Currency", "").upper())

    def of(name, row=head):
        return values.minor(name, row[name], currency, decimal=_CENTS) if row.get(name) else 0

    lines = [_shopify_line(number, row, currency) for number, row in enumerate(rows, 1) if row.get("Lineitem name")]
    lines = lines[:_MOST_LINES]
    discount, tax, shipping, total = of("Discount Amount"), of("Taxes"), of("Shipping"), of("Total")
    if not head.get("Total"):
        given.refuse("Total", "Total is missing.", code="missing_field")
    goods = sum(line["price_minor"] * line["quantity"] for line in lines) if lines else of("Subtotal") + discount
    duties = of("Duties")
    added = goods - discount + shipping + tax + duties
    hints = dict(_NOTE.findall(head.get("Note Attributes", "")))
    return payloads.said(
        # Ids are written as texts for spreadsheets.
        external_id=head.get("Id", "").lstrip("'") or head.get("Name"),
        identifiers=payloads.said(number=head.get("Name")),
        status=_shopify_status(head),
        customer=payloads.said(
            email=payloads.email(head.get("Email")),
            name=head.get("Billing Name", "")[:200],
            phone=head.get("Phone", "")[:40],
            country=head.get("Billing Country", "")[:2],
        ),
        click_id=hints.get("advocacy_click"),
        referral_code=hints.get("advocacy_code"),
        coupon_codes=[code.strip() for code in head.get("Discount Code", "").split(",") if code.strip()],
        currency=currency,
        country=(head.get("Shipping Country") or head.get("Billing Country") or "")[:2],
        placed_at=_moment("Created at", head, how),
        paid_at=_moment("Paid at", head, how),
        products=lines,
        source=payloads.said(channel=head.get("Source", "")[:40]),
    ) | {
        "subtotal_minor": goods,
        "discount_minor": discount,
        "tax_minor": tax,
        "tax_included": abs(added - total) > max(1, len(lines)),
        "shipping_minor": shipping,
        "other_minor": duties,
        "total_minor": total,
        "refunded_minor": of("Refunded Amount"),
    }


def words_of_shopify(rows):
    head = rows[0]
    orders = (("external_id", head.get("Id", "").lstrip("'") or head.get("Name")), ("number", head.get("Name")))
    return dealing.words(orders=orders, address=head.get("Email"))


def _shopify_status(head):
    if head.get("Cancelled at"):
        return "cancelled"
    status = head.get("Financial Status", "").lower()
    return "paid" if status in _PAID else "cancelled" if status in ("voided", "expired") else "pending"


def _shopify_line(number, row, currency):
    quantity = values.whole("Lineitem quantity", row.get("Lineitem quantity") or "1")
    discount = row.get("Lineitem discount")
    return payloads.said(
        line_id=str(number),
        sku=row.get("Lineitem sku", "")[:200],
        name=row["Lineitem name"][:300],
        quantity=max(quantity, 1),
        requires_shipping={"true": True, "false": False}.get(row.get("Lineitem requires shipping", "").lower()),
    ) | {
        "price_minor": max(values.minor("Lineitem price", row.get("Lineitem price") or "0", currency, decimal="."), 0),
        "discount_minor": max(values.minor("Lineitem discount", discount, currency, decimal="."), 0) if discount else 0,
    }


def shopify_customer(row, how):
    orders = row.get("Total Orders")
    agreed = {"yes": "confirmed", "no": "none"}.get(row.get("Accepts Email Marketing", "").lower())
    return payloads.said(
        # When, and by which words, Shopify does not say.
        consent={"channel": "email", "state": agreed, "source": "shopify"} if agreed and row.get("Email") else None,
        external_id=row.get("Customer ID", "").lstrip("'"),
        email=payloads.email(row.get("Email")),
        name=f"{row.get('First Name', '')} {row.get('Last Name', '')}".strip()[:200],
        phone=(row.get("Phone") or row.get("Default Address Phone") or "")[:40],
        country=(row.get("Default Address Country Code") or row.get("Country Code") or "")[:2],
        orders_before=values.whole("Total Orders", orders) if orders else None,
    )


def woocommerce_order(row, how):
    """A row of WooCommerce's Order Export: one order a row."""
    currency = given.currency("order_currency", (row.get("order_currency") or how.currency).upper())

    def of(*names):
        found = next((row[name] for name in names if row.get(name)), None)
        return values.minor(names[0], found, currency, decimal=_CENTS) if found else 0

    if not row.get("order_total"):
        given.refuse("order_total", "order_total is missing.", code="missing_field")
    lines = [line for line in (_woo_line(part, currency) for part in row.get("line_items", "").split(";")) if line]
    lines, discount = lines[:_MOST_LINES], of("discount_total", "order_discount", "cart_discount")
    status = row.get("status", "").lower().removeprefix("wc-")
    total, tax, shipping, fees = of("order_total"), of("tax_total"), of("shipping_total"), of("fee_total")
    placed = _moment("date", row, how) or _moment("order_date", row, how)
    paid = status in _WOO_PAID
    return payloads.said(
        external_id=row.get("order_id"),
        identifiers=payloads.said(number=row.get("order_number") or row.get("order_number_formatted")),
        status="paid" if paid else "cancelled" if status in _WOO_LEFT else "pending",
        customer=payloads.said(
            external_id=_account(row),
            email=payloads.email(row.get("billing_email")),
            name=f"{row.get('billing_first_name', '')} {row.get('billing_last_name', '')}".strip()[:200],
            phone=row.get("billing_phone", "")[:40],
            country=row.get("billing_country", "")[:2],
        ),
        coupon_codes=re.findall(r"code:([^|;]+)", row.get("coupon_items") or row.get("coupons") or "")[:50],
        currency=currency,
        country=(row.get("shipping_country") or row.get("billing_country") or "")[:2],
        placed_at=placed,
        paid_at=_moment("paid_date", row, how) or (placed if paid else None),
        products=lines,
    ) | {
        "subtotal_minor": max(total - tax - shipping - max(fees, 0) + discount, 0),
        "discount_minor": abs(discount),
        "tax_minor": tax,
        "tax_included": False,
        "shipping_minor": shipping,
        "other_minor": max(fees, 0),
        "total_minor": total,
        "refunded_minor": total if status == "refunded" else abs(of("refunded_total")),
    }


def _account(row):
    """Guests have the account 0."""
    account = row.get("customer_id", "")
    return account if account not in ("", "0") else None


def words_of_woocommerce(row):
    number = row.get("order_number") or row.get("order_number_formatted")
    orders = (("external_id", row.get("order_id")), ("number", number))
    return dealing.words(orders=orders, customer=_account(row), address=row.get("billing_email"))


def _woo_line(text, currency):
    said = dict(part.split(":", 1) for part in text.split("|") if ":" in part)
    if not said.get("name"):
        return None
    # A part of a piece is told as one of that price.
    pieces = int(said["quantity"]) if _PIECES(said.get("quantity", "")) else 1
    total = values.minor("line_items", said.get("total") or "0", currency, decimal=_CENTS)
    price = max(-(-total // max(pieces, 1)), 0)
    return payloads.said(
        line_id=said.get("id", "")[:200],
        product_id=said.get("product_id", "")[:200],
        sku=said.get("sku", "")[:200],
        name=said["name"].strip()[:300],
        quantity=min(max(pieces, 1), 1_000_000),
    ) | {"price_minor": price, "discount_minor": max(price * max(pieces, 1) - total, 0)}


def shopify_document(data, how):
    fields = shopify_orders.order(data)
    back = [given_back(each, fields["currency"]) or 0 for each in payloads.objects(data.get("refunds"))]
    return fields | {"refunded_minor": sum(back)}


def woocommerce_document(data, how):
    currency = given.currency("currency", data.get("currency", ""))
    back = sum(abs(payloads.minor(each.get("total"), currency)) for each in payloads.objects(data.get("refunds")))
    return woocommerce.order(data) | {"refunded_minor": back}


def _moment(name, row, how):
    return values.moment(name, row[name], zone=how.zone, dates=how.dates) if row.get(name) else None
