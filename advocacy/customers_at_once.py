"""Many people told at once, each as ``customers.upsert`` takes them: by a few statements however many they are."""

from django.db import IntegrityError, connection

from advocacy import customers, events
from advocacy.models import bulk


class OneByOne(Exception):
    """Two of them are one person, or another call speaks of one of them just now: ask for each by itself."""


def upsert(*, storefront, people, at, tell, past=False):
    """``[(customer, created)]`` for the checked ``customers.columns`` of each; every row is locked.

    Appends to ``tell`` the drafts of the events of who is new: the caller records them in the same transaction.
    ``past``: who is new is told as imported, which begins nothing.
    Raises ``OneByOne``, also after writing: the caller undoes its transaction.
    """
    found = customers.find_all(storefront=storefront, people=people, lock=True)
    known = [each for each in zip(found, people, strict=True) if each[0]]
    if len({customer.pk for customer, _ in known}) < len(known) or any(_is_special(*each) for each in known):
        raise OneByOne
    _change(known, at)
    made = [
        None if customer else customers.made(storefront, news, at) for customer, news in zip(found, people, strict=True)
    ]
    _insert([customer for customer in made if customer], tell, events.CUSTOMER_IMPORTED if past else _NEW)
    return [(new or old, new is not None) for new, old in zip(made, found, strict=True)]


def _is_special(customer, said):
    """Who was merged, and a guest whose wallet would be taken over: ``customers.upsert`` looks at more of them."""
    if customer.absorbed or customer.merged_into_id is not None:
        return True
    return "external_id" in said and customers.is_worth_something(customer)


_NEW = events.CUSTOMER_CREATED


def _insert(new, tell, type):
    if not new:
        return
    # In one order, so that two calls that make the same people do not wait for each other in a circle.
    new = sorted(new, key=lambda customer: (customer.external_id or "", customer.email_key or ""))
    try:
        bulk.insert(new)
    except IntegrityError as error:
        raise OneByOne from error
    tell += [customers.draft(each, type, occurred_at=each.created_at) for each in new]


_SEEN = """
    UPDATE advocacy_customer SET updated_at = seen.at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS seen (id, at) WHERE advocacy_customer.id = seen.id
"""


def _change(known, at):
    seen = []
    for customer, said in known:
        try:
            news = customers.news(customer, said)
        except customers.SomebodyElse as error:
            raise OneByOne from error
        if news.keys() == {"updated_at"}:
            customer.updated_at = news["updated_at"]
            seen.append((str(customer.pk), customer.updated_at.isoformat()))
        elif news:
            customers.change(customer, said, at)
    if seen:
        with connection.cursor() as cursor:
            cursor.execute(_SEEN, [bulk.array(each) for each in zip(*seen, strict=True)])
