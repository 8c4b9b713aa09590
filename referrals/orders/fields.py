"""What a storefront says of an order, checked. No database."""

from datetime import timedelta

from advocacy import given, money
from advocacy.refusals import Refused
from referrals.models import OrderKind, OrderStatus

_AMOUNTS = ("subtotal_minor", "discount_minor", "tax_minor", "shipping_minor", "other_minor", "total_minor")
_PARTS = {*_AMOUNTS, "tax_included"}
_TEXTS = {"subscription_id": 200, "country": 2, "payment_fingerprint": 200, "shipping_hash": 200}
_MOMENTS = ("placed_at", "paid_at", "updated_at")
# Not columns of their own: who bought, and what may say who brought them.
HINTS = ("referral_code", "coupon_codes", "click_id")
_REQUIRED = ("external_id", "status", "currency", "subtotal_minor", "total_minor")
_DEFAULTS = dict.fromkeys(("discount_minor", "tax_minor", "shipping_minor", "other_minor"), 0) | {"tax_included": True}
_PRODUCT_TEXTS = ("line_id", "product_id", "variant_id", "sku", "name", "category")
_MOST_PRODUCTS = 1000
_MOST_COUPONS = 50
_LONGEST_CUSTOMER = 30_000
_MOST_PIECES = 1_000_000


def refuse_line(name):
    given.refuse(name, f"{name}: the order has no such line; name it by its line_id.", code="unknown_line")


def name_of(line):
    """What a line is called in a warning: by the first name that it has."""
    return next((line[name] for name in _PRODUCT_TEXTS if line.get(name)), "")


def lines(name, value):
    """Products of an order or of a refund."""
    if not isinstance(value, list) or len(value) > _MOST_PRODUCTS:
        given.refuse(name, f"{name} must be a list of at most {_MOST_PRODUCTS} lines.")
    return [_line(f"{name}[{place}]", line) for place, line in enumerate(value)]


def _line(name, line):
    """Only what was said is in it."""
    if not isinstance(line, dict):
        given.refuse(name, f"{name} must be an object.")
    given.known(line, {*_PRODUCT_TEXTS, "quantity", "price_minor", "discount_minor", "requires_shipping"})
    said = {key: value for key, value in line.items() if value is not None}
    checked = {key: given.text(f"{name}.{key}", said[key], longest=300) for key in _PRODUCT_TEXTS if key in said}
    if "quantity" in said:
        checked["quantity"] = given.whole(f"{name}.quantity", said["quantity"], least=1, most=_MOST_PIECES)
    for key in ("price_minor", "discount_minor"):
        if key in said:
            checked[key] = given.amount(f"{name}.{key}", said[key])
    if "requires_shipping" in said:
        checked["requires_shipping"] = given.flag(f"{name}.requires_shipping", said["requires_shipping"])
    return checked


def _coupons(name, value):
    if not isinstance(value, list | tuple) or len(value) > _MOST_COUPONS:
        given.refuse(name, f"{name} must be a list of at most {_MOST_COUPONS} codes.")
    return [given.text(name, code, longest=200) for code in value]


# Between the shop's parts, such as its checkout and its payment provider.
CLOCKS_DIFFER = timedelta(hours=1)

_CHECKS = {
    "external_id": lambda name, value: given.text(name, value, longest=200, required=True),
    "status": lambda name, value: given.choice(name, value, OrderStatus),
    "kind": lambda name, value: given.choice(name, value, OrderKind),
    "currency": given.currency,
    "tax_included": given.flag,
    "revenue_minor": given.amount,
    "products": lines,
    "coupon_codes": _coupons,
    # Typed by a friend or carried by their browser: whatever it says, the order itself is true.
    "referral_code": lambda name, value: given.text(name, value, longest=200),
    "click_id": lambda name, value: given.text(name, str(value), longest=200),
    **dict.fromkeys(_AMOUNTS, given.amount),
    **dict.fromkeys(("identifiers", "source", "metadata"), given.data),
}


def _customer(name, said):
    """Its fields, which ``customers.upsert`` checks, or a name such as ``ext_fred``."""
    return said if isinstance(said, str) else given.data(name, said, longest=_LONGEST_CUSTOMER)


def _text_of(most):
    return lambda name, value: given.text(name, value, longest=most)


# In the order in which a mistake is told.
_CHECKS |= {name: _text_of(most) for name, most in _TEXTS.items()}
_IN_ORDER = [*_CHECKS, *_MOMENTS, "customer"]
_CHECKS["customer"] = _customer
KNOWN = {*_IN_ORDER}


def checked(fields, *, at):
    """The fields that were given, each as it is stored."""
    given.known(fields, KNOWN)
    said = {name: value for name, value in fields.items() if value is not None}
    try:
        return {name: _checked(name, value, at) for name, value in said.items()}
    except Refused:
        return {name: _checked(name, said[name], at) for name in _IN_ORDER if name in said}


def _checked(name, value, at):
    return given.moment(name, value, at=at) if name in _MOMENTS else _CHECKS[name](name, value)


def completed(values, *, at, lenient=False, stored=None):
    """``(columns, warnings)``: with defaults, or with what is ``stored`` for what was not said now.

    Refuses ``missing_field`` and ``total_mismatch``; ``lenient`` answers a warning in place of the latter. What stands
    and is not named now was judged when it came.
    """
    if stored is None:
        for name in _REQUIRED:
            if name not in values:
                given.refuse(name, f"{name} is missing.", code="missing_field")
        columns = _DEFAULTS | {"placed_at": at} | values
        columns.setdefault("updated_at", columns["placed_at"])
    else:
        columns = {name: getattr(stored, name) for name in (*_PARTS, "currency", "revenue_minor", "status")}
        columns |= {"placed_at": stored.placed_at, "paid_at": stored.paid_at, "products": stored.products}
        columns |= {"updated_at": at} | values
    columns["updated_at"] = min(columns["updated_at"], at)
    if columns["status"] == OrderStatus.PAID and not columns.get("paid_at"):
        columns["paid_at"] = columns["updated_at"] if stored else columns["placed_at"]
    if "revenue_minor" not in values and (stored is None or _PARTS & values.keys()):
        columns["revenue_minor"] = revenue_of(columns)
    told_twice = _lines_twice(values.get("products", ()), lenient)
    standing = _moments_of(vars(stored) if stored else {})
    odd = [] if _moments_of(columns) == standing else _paid_too_early(columns, lenient)
    if stored is None or {*_PARTS, "revenue_minor"} & values.keys():
        odd = _mismatch(columns, lenient) + _revenue_too_high(columns, lenient) + odd
    return columns, odd + told_twice


def _lines_twice(products, lenient):
    """Warnings, or a refusal: a refund or a parcel names a line by its id alone."""
    names, twice = set(), []
    for place, line in enumerate(products):
        if (name := line.get("line_id")) and name in names:
            said = f"line_id {name[:60]!a} is that of another product of this order; give each line an id of its own."
            if not lenient:
                given.refuse(f"products[{place}].line_id", said, code="line_id_twice")
            twice.append({"code": "line_id_twice", "line_id": name})
        names.add(name)
    return twice


def revenue_of(columns):
    """After discounts, before tax and shipping; never below 0."""
    tax = columns["tax_minor"] if columns["tax_included"] else 0
    return max(columns["subtotal_minor"] - columns["discount_minor"] - tax, 0)


def total_of(columns):
    tax = 0 if columns["tax_included"] else columns["tax_minor"]
    goods = columns["subtotal_minor"] - columns["discount_minor"]
    return goods + columns["shipping_minor"] + tax + columns["other_minor"]


def _revenue_too_high(columns, lenient):
    """Warnings, or a refusal: percentages are taken of the revenue."""
    goods = max(columns["subtotal_minor"] - columns["discount_minor"], 0)
    if columns["revenue_minor"] <= max(goods, columns["total_minor"]):
        return []
    said = f"revenue_minor is {columns['revenue_minor']}; it is at most the goods after discounts, {goods}."
    return _warning("revenue_minor", "revenue_above_order", said, lenient)


def _paid_too_early(columns, lenient):
    """Warnings, or a refusal: holds and rules are counted from the payment."""
    if not columns.get("paid_at") or columns["paid_at"] >= columns["placed_at"] - CLOCKS_DIFFER:
        return []
    return _warning("paid_at", "paid_before_placed", "An order is paid after it was placed.", lenient)


def _moments_of(columns):
    return columns.get("placed_at"), columns.get("paid_at")


def _warning(name, code, sentence, lenient):
    return [{"code": code}] if lenient else given.refuse(name, sentence, code=code)


def _mismatch(columns, lenient):
    computed, said = total_of(columns), columns["total_minor"]
    if abs(computed - said) <= max(1, len(columns.get("products", ()))):
        return []
    if lenient:
        return [{"code": "total_mismatch", "computed_minor": computed, "total_minor": said}]
    shown = f"{computed} ({money.plain(computed, columns['currency'])})"
    sentence = (
        f"total_minor is {said}; its parts come to {shown}: subtotal − discount + shipping + other, and tax "
        "unless tax_included. Correct it, or send lenient to store it with a warning."
    )
    return given.refuse("total_minor", sentence, code="total_mismatch")
