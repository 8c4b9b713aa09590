"""Our own columns and objects, which any program can write: what each row says, as the API names it. Pure."""

import re

from advocacy import given, ids
from referrals.imports import dealing, values

# Each column with other names that people give it.
CUSTOMERS = {
    "external_id": ("customer_id", "id", "customer"),
    "email": ("e_mail", "e-mail", "mail", "email_address"),
    "name": ("full_name", "customer_name"),
    "first_name": ("firstname", "given_name"),
    "last_name": ("lastname", "surname", "family_name"),
    "phone": ("telephone",),
    "locale": ("language",),
    "country": ("country_code",),
    "time_zone": (),
    "created_at": ("registered_at", "customer_since", "date_registered"),
    "updated_at": (),
    "orders_before": ("orders", "orders_count", "total_orders", "number_of_orders"),
    "utm_source": ("source",),
    "utm_medium": ("medium",),
    "consent": ("marketing_consent", "accepts_marketing", "accepts_email_marketing", "newsletter"),
    "consent_channel": (),
    "consent_at": ("consented_at", "marketing_consent_at"),
    "consent_source": ("marketing_consent_source",),
    "consent_wording": ("wording_version", "marketing_consent_wording"),
}
ORDERS = {
    "external_id": ("order_id", "id", "order"),
    "number": ("order_number",),
    "status": ("payment_status", "financial_status"),
    "kind": (),
    "subscription_id": (),
    "customer_id": ("customer", "customer_external_id", "user_id"),
    "email": ("customer_email", "e_mail", "e-mail", "mail", "billing_email"),
    "name": ("customer_name",),
    "country": ("country_code", "shipping_country", "billing_country"),
    "currency": ("order_currency",),
    "subtotal": (),
    "discount": ("discount_total",),
    "tax": ("tax_total", "total_tax"),
    "tax_included": (),
    "shipping": ("shipping_total",),
    "other": (),
    "total": ("order_total", "amount", "total_price"),
    "revenue": (),
    "refunded": ("refunded_amount", "total_refunded"),
    "placed_at": ("created_at", "date", "order_date", "ordered_at"),
    "paid_at": ("date_paid",),
    "updated_at": (),
    "referral_code": (),
    "coupon_codes": ("coupon_code", "coupon", "coupons", "discount_code", "discount_codes"),
    "utm_source": ("source",),
    "utm_medium": ("medium",),
}
REFERRALS = {
    "advocate_id": ("advocate", "referrer_id", "referrer"),
    "advocate_email": ("referrer_email",),
    "advocate_name": ("referrer_name",),
    "friend_id": ("friend", "referred_id", "referee_id", "customer_id"),
    "friend_email": ("referred_email", "referee_email", "email"),
    "friend_name": ("referred_name", "referee_name"),
    "code": ("referral_code", "referrer_code", "advocate_code"),
    "program": (),
    "bound_at": ("referred_at", "created_at", "date", "signed_up_at"),
    "terms_version": (),
    "terms_agreed_at": ("terms_accepted_at",),
}
COLUMNS = {"customers": CUSTOMERS, "orders": ORDERS, "referrals": REFERRALS}
# Of each kind, the fields of which one must be there.
NEEDED = {
    "customers": (("external_id", "email"),),
    "orders": (("external_id",), ("total",), ("placed_at",), ("customer_id", "email")),
    "referrals": (("advocate_id", "advocate_email"),),
}
_AMOUNTS = {
    name: f"{name}_minor"
    for name in ("subtotal", "discount", "tax", "shipping", "other", "total", "revenue", "refunded")
}
_MOMENTS = {"created_at", "updated_at", "placed_at", "paid_at", "bound_at", "consent_at", "terms_agreed_at"}
_STATUSES = {
    "paid": "paid",
    "completed": "paid",
    "complete": "paid",
    "processing": "paid",
    "fulfilled": "paid",
    "partially_refunded": "paid",
    "refunded": "paid",
    "pending": "pending",
    "unpaid": "pending",
    "authorized": "pending",
    "on-hold": "pending",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "voided": "cancelled",
    "failed": "cancelled",
}
_LONGEST_CUSTOMER_FIELD = 300
_CONSENT = {
    "consent": "state",
    "consent_channel": "channel",
    "consent_at": "at",
    "consent_source": "source",
    "consent_wording": "wording_version",
}
# Whoever was not asked, or said nothing, did not take back anything.
_AGREED = (
    dict.fromkeys(("yes", "true", "1", "ja", "confirmed", "subscribed"), "confirmed")
    | dict.fromkeys(("no", "false", "0", "nein", "none", "not_subscribed"), "none")
    | dict.fromkeys(("withdrawn", "unsubscribed"), "withdrawn")
    | {"pending": "pending"}
)
_NO_WORD = re.compile(r"[^A-Za-z0-9._-]+")


def columns(kind, header, mapping):
    """``[(the file's column, the field that it is taken for or "")]``; ``mapping`` says it where the names do not."""
    known, taken, found = COLUMNS[kind], set(), {}
    wanted = {name: field for name, field in mapping.items() if name in header}
    for name in header:
        found[name] = wanted.get(name, "")
        taken.add(found[name])
    # A field's own name goes before another that people give it.
    for spelled in (lambda field: (field,), lambda field: known[field]):
        for name in header:
            field = "" if name in wanted else _field(_plain(name), known, spelled)
            if field and not found[name] and field not in taken:
                found[name] = field
                taken.add(field)
    return [(name, found[name]) for name in header]


def _plain(name):
    return name.strip().lower().replace(" ", "_")


def _field(name, known, spelled):
    bare = name.removesuffix("_minor")
    for field in known:
        if name in spelled(field):
            return field
        if bare != name and field in _AMOUNTS and bare in spelled(field):
            return f"{field}_minor"
    return ""


def fields_of(kind):
    """Every name that a mapping may lead to."""
    known = COLUMNS[kind]
    return [*known, *(f"{name}_minor" for name in _AMOUNTS if name in known)]


def missing(kind, columns):
    """What no column is taken for, in words; [] where nothing is missing."""
    there = {field.removesuffix("_minor") for _, field in columns}
    return [" or ".join(names) for names in NEEDED[kind] if not there & {*names}]


def customer(row, how):
    said = _moments(row, how)
    if "orders_before" in said:
        said["orders_before"] = values.whole("orders_before", said["orders_before"])
    first, last = said.pop("first_name", ""), said.pop("last_name", "")
    if name := f"{first} {last}".strip():
        said.setdefault("name", name)
    more = _consent(said) | _source(said)
    return said | more


def _source(said):
    """``{"source": …}`` as the API takes it, in place of the columns that say where somebody came from."""
    told = {name: str(said.pop(name)) for name in ("utm_source", "utm_medium") if name in said}
    return {"source": told} if told else {}


def _consent(said):
    """``{"consent": …}`` as the API takes it, in place of the columns that say it; {} where none does."""
    told = {name: said.pop(column) for column, name in _CONSENT.items() if column in said}
    if "state" not in told:
        return {}
    word = told["state"].strip().lower().replace(" ", "_")
    if word not in _AGREED:
        given.refuse("consent", f"consent: “{word[:40]}” is none of: {', '.join(_AGREED)}.")
    for name in ("source", "wording_version"):
        if name in told:
            # A label is one word.
            told[name] = _NO_WORD.sub("-", told[name]).strip("-._")
    return {"consent": {"channel": "email"} | told | {"state": _AGREED[word]}}


def words_of_orders(columns):
    """``dealing.words`` of a row of such a table, before it is read: a function."""
    of = {field: column for column, field in columns if field}
    number, who, address = (of.get(field, "") for field in ("number", "customer_id", "email"))

    def words(row):
        orders = (("external_id", row.get(of["external_id"])), ("number", row.get(number)))
        return dealing.words(orders=orders, customer=row.get(who), address=row.get(address))

    return words


def order(row, how):
    """The API's fields of an order; ``refunded_minor`` beside them where something was given back."""
    said = _moments(row, how)
    currency = given.currency("currency", said.get("currency", how.currency).upper())
    amounts = {}
    for name, minor in _AMOUNTS.items():
        if minor in said:
            amounts[minor] = values.whole(minor, said[minor])
        elif name in said:
            amounts[minor] = values.minor(name, said[name], currency, decimal=how.decimal)
    if "total_minor" not in amounts:
        given.refuse("total", "total is missing.", code="missing_field")
    if amounts["total_minor"] < 0:
        given.refuse("total", "total is below 0; tell what was given back as refunded.", code="invalid_amount")
    # A discount, and what was given back, are written with a minus by many.
    amounts |= {name: abs(amounts[name]) for name in ("discount_minor", "refunded_minor") if name in amounts}
    included = values.flag("tax_included", said["tax_included"]) if "tax_included" in said else None
    amounts.setdefault("subtotal_minor", _subtotal(amounts, included))
    status = said.get("status", "paid").strip().lower().replace(" ", "_")
    if status not in _STATUSES:
        given.refuse("status", f"status: “{status[:40]}” is none of: {', '.join(_STATUSES)}.")
    if status == "refunded":
        amounts.setdefault("refunded_minor", amounts["total_minor"])
    kept = {name: said[name] for name in _KEPT if name in said}
    person = {name: said[own] for name, own in _PERSON.items() if own in said}
    number = {"identifiers": {"number": said["number"]}} if "number" in said else {}
    codes = [code for code in _parts(said.get("coupon_codes", "")) if code]
    return kept | amounts | number | {
        "currency": currency,
        "status": _STATUSES[status],
        "customer": person,
        **({"tax_included": included} if included is not None else {}),
        **({"coupon_codes": codes} if codes else {}),
        **_source(said),
    }  # fmt: skip


_KEPT = ("external_id", "kind", "subscription_id", "country", "referral_code", "placed_at", "paid_at", "updated_at")
_PERSON = {"external_id": "customer_id", "email": "email", "name": "name", "country": "country"}


def referral(row, how):
    said = _moments(row, how)
    if "terms_version" in said:
        said["terms_version"] = values.whole("terms_version", said["terms_version"])
    return said


def _moments(row, how):
    """Only what is said, its times as such."""
    said = {name: value for name, value in row.items() if value not in _NOTHING}
    for name, text in said.items():
        if name in _MOMENTS:
            said[name] = values.moment(name, text, zone=how.zone, dates=how.dates)
    return said


_NOTHING = ("", None)


def _subtotal(amounts, included):
    """What the goods cost before discounts, where only the rest is told."""
    beside = amounts.get("shipping_minor", 0) + amounts.get("other_minor", 0)
    if included is False:
        beside += amounts.get("tax_minor", 0)
    return max(amounts["total_minor"] - beside + amounts.get("discount_minor", 0), 0)


def _parts(text):
    return [part.strip() for part in str(text).replace(";", ",").replace("|", ",").split(",")]


def known_customer(said):
    """What a file says of a person, without what cannot be kept of one."""
    if not (said.get("external_id") or said.get("email")):
        given.refuse("external_id", "It names neither external_id nor email.", code="missing_field")
    if ids.decode("cus", str(said.get("external_id", ""))):
        given.refuse("external_id", "external_id is one of ours; write your own id of the customer.")
    if isinstance(said.get("name"), str):
        said = said | {"name": said["name"][:_LONGEST_CUSTOMER_FIELD]}
    return said
