"""Stripe's customer balance, which the next invoices are paid from. Below 0 the customer has credit."""

from advocacy.platforms.calling import PlatformFailed
from advocacy.platforms.known import Entry, Purse, permission_missing
from advocacy.platforms.stripe import client, in_words
from advocacy.refusals import Refused

_MARK = "advocacy_move"
_FORBIDDEN = 403


def whose(caller, person):
    if person.external_id and person.external_id.startswith("cus_"):
        return person.external_id
    asked = {"email": person.email, "limit": 2}
    found = in_words(lambda: client(caller).v1.customers.list(asked)).data if person.email else []
    if len(found) != 1:
        raise Refused("unknown_customer", "Stripe has not exactly one customer of this e-mail address yet.")
    return found[0].id


def look(caller, owner, currency):
    told = in_words(lambda: client(caller).v1.customers.balance_transactions.list(owner, {"limit": 100}))
    rows = in_words(lambda: [each.to_dict() for each in told.data])
    if any(row["currency"] != currency.lower() for row in rows[:1]):
        said = f"Stripe keeps this customer’s balance in {rows[0]['currency'].upper()}, not in {currency}."
        raise Refused("wrong_currency", said)
    entries = tuple(Entry(row["id"], -row["amount"], (row.get("metadata") or {}).get(_MARK, "")) for row in rows)
    return Purse(max(-rows[0]["ending_balance"], 0) if rows else 0, entries)


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
