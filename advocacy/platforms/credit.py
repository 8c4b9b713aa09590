"""What customers have to spend as a platform keeps it: Shopify's store credit, Stripe's customer balance.

Each of ``SHOPS`` has ``whose(caller, person)`` → the platform's id of a customer; ``look(caller, owner, currency,
back_to=names)`` → ``Purse`` with the entries back to all of these, at least the newest page; ``move(caller, owner,
amount_minor, currency, mark)`` → the entry's id (an amount below 0 takes); and ``check(caller, currency)``. They refuse
in words.
"""

from advocacy.models import Connection
from advocacy.platforms import shopify_credit, stripe_balance
from advocacy.platforms.calling import Caller
from advocacy.refusals import Refused

SHOPS = {"shopify": shopify_credit, "stripe": stripe_balance}


def of(caller):
    return SHOPS[caller.connection.platform]


def hold(*, connection):
    """From now on customers spend their store credit in this shop's own account. It is asked whether that can be.

    Refuses in words. Not inside a transaction.
    """
    if connection.platform not in SHOPS:
        raise Refused("no_credit_there", f"{connection.get_platform_display()} keeps no credit of customers.")
    other = Connection.objects.filter(storefront=connection.storefront, holds_credit=True).first()
    if other:
        raise Refused("credit_elsewhere", f"“{other.name}” holds it already: a storefront has one such shop.")
    caller = Caller(connection, patience=0)
    of(caller).check(caller, connection.storefront.currency)
    Connection.objects.filter(pk=connection.pk).update(holds_credit=True)


def done_before(purse, *, mark, amount_minor, seen):
    """The entry that is this very move, made before we could note it; None where it was not made.

    By our mark, where the platform keeps one; else the first of this amount made by hand of an app since ``seen``, the
    newest entry before the move.
    """
    newer = []
    for entry in purse.entries:
        if entry.name == seen:
            break
        newer.append(entry)
    for entry in reversed(newer):
        if entry.mark == mark or (entry.mark is None and entry.amount_minor == amount_minor):
            return entry
    return None
