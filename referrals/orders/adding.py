"""What another source says of an order that is known: it adds what is missing, and its money is compared.

The amounts of who told of it first stay. The platform's clock is not the storefront's: which of two sources is newer
is never asked, only whether the order got further, from pending to paid to cancelled.
"""

from advocacy import secret_codes
from referrals.models import OrderStatus
from referrals.orders import changing, finding

_MONEY = (
    "subtotal_minor",
    "discount_minor",
    "tax_minor",
    "tax_included",
    "shipping_minor",
    "other_minor",
    "total_minor",
    "revenue_minor",
)
_GROUPS = ("identifiers", "metadata", "source")
_MISSING = (
    "subscription_id",
    "country",
    "payment_fingerprint",
    "shipping_hash",
    "products",
    "referral_code",
    "click_id",
    "paid_at",
)
_STEPS = [OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.CANCELLED]


def add(order, values, *, source, at, warnings=()):
    """Take checked fields of another source; the order is locked with whom they speak of. Answers a ``Recorded``."""
    news = {name: values[name] for name in _MISSING if values.get(name) and not getattr(order, name)}
    news |= _groups(order, values) | _coupons(order, values) | _further(order, values)
    if "customer" in values:
        news["customer"] = values["customer"]
    # Equal times are taken, so that this is never older news of its own source's.
    news["updated_at"] = order.updated_at
    return changing.apply(order, news, at=at, lenient=True, warnings=[*_differences(order, values, source), *warnings])


def name(order, names):
    """Find the order by the names that the other source gives it, its own external id among them."""
    finding.remember(order, names)


def in_its_currency(order, values):
    """``(values, warnings)``: without the amounts where they are in another currency than the order was taken in."""
    if values.get("currency", order.currency) == order.currency:
        return values, []
    kept = {key: value for key, value in values.items() if key not in (*_MONEY, "currency", "products")}
    return kept, [{"code": "currency_changed", "currency": values["currency"]}]


def kept_groups(order, values):
    """The names and notes of an order with those that other messages told: each message knows some of them."""
    return {each: getattr(order, each) | values[each] for each in _GROUPS if each in values}


def _groups(order, values):
    merged = {each: values[each] | getattr(order, each) for each in _GROUPS if each in values}
    return {each: value for each, value in merged.items() if value != getattr(order, each)}


def _coupons(order, values):
    said = secret_codes.hidden(storefront=order.storefront_id, codes=values.get("coupon_codes", ()))
    new = [code for code in said if not {code, code.upper()} & set(order.coupons_used)]
    return {"coupon_codes": [*order.coupon_codes, *new]} if new else {}


def _further(order, values):
    status = values.get("status", order.status)
    if _STEPS.index(status) <= _STEPS.index(order.status):
        return {}
    moment = values.get("paid_at") or values.get("updated_at")
    if status == OrderStatus.PAID and moment:
        return {"status": status, "paid_at": max(moment, order.placed_at)}
    return {"status": status}


def _differences(order, values, source):
    if values.get("currency", order.currency) != order.currency:
        return [{"code": "source_differs", "source": str(source), "currency": values["currency"]}]
    different = {key: values[key] for key in _MONEY if key in values and values[key] != getattr(order, key)}
    return [{"code": "source_differs", "source": str(source)} | different] if different else []
