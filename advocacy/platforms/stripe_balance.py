"""Stripe's customer balance, which the next invoices are paid from. Below 0 the customer has credit."""

from itertools import chain

from advocacy.platforms import known
from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import Entry, Purse, permission_missing
from advocacy.platforms.stripe import client, in_words
from advocacy.refusals import Refused

_MARK = "advocacy_move"
# What pays an invoice or a checkout, and what comes back when that is void:
# https://docs.stripe.com/billing/customer/balance
_OF_ORDERS = (
    *("applied_to_invoice", "unapplied_from_invoice"),
    *("checkout_session_subscription_payment", "checkout_session_subscription_payment_canceled"),
)
_FORBIDDEN = 403


def whose(caller, person):
    if person.external_id and person.external_id.startswith("cus_"):
        return person.external_id
    asked = {"email": person.email, "limit": 2}
    found = in_words(lambda: client(caller).v1.customers.list(asked)).data if person.email else []
    if len(found) != 1:
        raise Refused("unknown_customer", "Stripe has not exactly one customer of this e-mail address yet.")
    return found[0].id


def look(caller, owner, currency, *, back_to=()):
    pages = _pages(caller, owner)
    rows = next(pages)
    if any(row["currency"] != currency.lower() for row in rows[:1]):
        said = f"Stripe keeps this customer’s balance in {rows[0]['currency'].upper()}, not in {currency}."
        raise Refused("wrong_currency", said)
    entries = known.back_to(back_to, (tuple(map(_entry, page)) for page in chain([rows], pages)))
    return Purse(max(-rows[0]["ending_balance"], 0) if rows else 0, entries)


def _pages(caller, owner):
    """Rows, the newest first; at least one page, which may be empty."""
    asked, more = {"limit": 100}, True
    while more:
        told = in_words(lambda: client(caller).v1.customers.balance_transactions.list(owner, asked))  # noqa: B023
        rows = in_words(lambda: [each.to_dict() for each in told.data])  # noqa: B023
        yield rows
        more = told.has_more and bool(rows)
        asked = asked | ({"starting_after": rows[-1]["id"]} if rows else {})


def _entry(row):
    order = (_id(row.get("invoice")) or _id(row.get("checkout_session"))) if row.get("type") in _OF_ORDERS else None
    return Entry(row["id"], -row["amount"], (row.get("metadata") or {}).get(_MARK, ""), order)


def _id(told):
    return str((told.get("id") if isinstance(told, dict) else told) or "")


def move(caller, owner, amount_minor, currency, mark):
    told = {"amount": -amount_minor, "currency": currency.lower(), "metadata": {_MARK: mark}}
    options = {"idempotency_key": mark}
    made = in_words(lambda: client(caller).v1.customers.balance_transactions.create(owner, told, options))
    return made.id


def check(caller, currency):
    try:
        in_words(lambda: client(caller).v1.customers.list({"limit": 1}))
    except PlatformFailed as failed:
        if failed.answered == _FORBIDDEN:
            raise permission_missing(caller, ["Customers: write"]) from failed
        raise
