"""Store credit that customers spend in their shop's own account: what they have here is what the shop has of us.

Where a connection holds the credit (``Connection.holds_credit``) nobody reserves it by the API. A sweep finds whose
credit has changed and asks for an errand; that puts in what is missing, or takes back what the shop still has of
what is owed no more. What was spent before it was taken back is made up for by what is credited later.
"""

from datetime import timedelta

from django.db import connection as database
from django.db import transaction

from advocacy import errands, ids, money
from advocacy.models import Connection, Customer, ErrandKind
from advocacy.platforms import credit
from rewards.models import Account, AccountKind, Form, ShopCredit, ShopCreditMove

_CHANGED = """
    SELECT account.storefront_id, connection.id, customer.public_id
    FROM advocacy_connection connection
    JOIN rewards_account account ON account.storefront_id = connection.storefront_id AND account.kind = 'available'
        AND account.form = 'credit' AND account.customer_id IS NOT NULL
    JOIN advocacy_customer customer ON customer.id = account.customer_id
    LEFT JOIN rewards_shopcredit credit ON credit.connection_id = connection.id
        AND credit.customer_id = account.customer_id AND credit.unit = account.unit
    WHERE connection.holds_credit AND connection.status = 'active'
        AND account.balance_minor <> COALESCE(credit.told_minor, 0)
        AND NOT EXISTS (
            SELECT FROM advocacy_errand errand WHERE errand.connection_id = connection.id AND errand.kind = 'credit'
                AND errand.subject = customer.public_id
                AND (errand.state = 'waiting' OR errand.state = 'failed' AND errand.failed_at > %s))
    ORDER BY account.id LIMIT %s
"""
# What was given up is begun anew after so long.
_GIVEN_UP = timedelta(days=1)
TEST_MODE = "test_mode: no shop was called."


def order(*, at, limit=500):
    """Have shops told of the credit that has changed; returns of how many customers."""
    with database.cursor() as cursor:
        cursor.execute(_CHANGED, [at - _GIVEN_UP, limit])
        about = set(cursor.fetchall())
    errands.ask(kind=ErrandKind.CREDIT, about=about, at=at)
    return len(about)


def held_in_shop(storefront):
    """Whether customers spend their credit at a connection's own checkout, and only there."""
    return Connection.objects.filter(storefront=storefront, holds_credit=True).exists()


def do(*, errand, caller, at):
    """The errand of a customer's credit, in each of its currencies. A sentence of what was done."""
    person = Customer.objects.get(public_id=errand.subject)
    accounts = Account.objects.filter(customer=person, kind=AccountKind.AVAILABLE, form=Form.CREDIT).order_by("unit")
    if caller is None:
        return TEST_MODE
    owner = credit.of(caller).whose(caller, person)
    said = [_bring(errand, caller, owner, account, at) for account in accounts]
    return " ".join(said) or "The customer has no credit."


def _bring(errand, caller, owner, account, at):
    shop, unit = credit.of(caller), account.unit
    purse = shop.look(caller, owner, unit)
    move, row = _begun(errand, account, purse, at)
    if move is None:
        left = row.given_minor - max(row.told_minor, 0)
        spent = f" {money.plain(left, unit)} of it was spent before it was taken back." if left > 0 else ""
        return f"The shop has {money.plain(row.given_minor, unit)} of ours.{spent}"
    mark = ids.encode("ern", move.public_id)
    known = credit.done_before(purse, mark=mark, amount_minor=move.amount_minor, seen=move.seen)
    reference = known.name if known else shop.move(caller, owner, move.amount_minor, unit, mark)
    _done(move, reference, at)
    word = "were put in" if move.amount_minor > 0 else "were taken back"
    return f"{money.plain(abs(move.amount_minor), unit)} {word}. {_bring(errand, caller, owner, account, at)}"


def _begun(errand, account, purse, at):
    """``(the move that is to be made, or None, the row)``: the one that was begun before, or the difference."""
    with transaction.atomic():
        ShopCredit.objects.bulk_create(
            [
                ShopCredit(
                    storefront_id=errand.storefront_id,
                    connection_id=errand.connection_id,
                    customer_id=account.customer_id,
                    unit=account.unit,
                )
            ],
            ignore_conflicts=True,
        )
        rows = ShopCredit.objects.select_for_update()
        row = rows.get(connection=errand.connection_id, customer=account.customer_id, unit=account.unit)
        begun = ShopCreditMove.objects.filter(credit=row, done_at=None).first()
        if begun:
            return begun, row
        has = Account.objects.values_list("balance_minor", flat=True).get(pk=account.pk)
        missing = max(has, 0) - row.given_minor
        amount = missing if missing >= 0 else -min(-missing, purse.balance_minor)
        row.told_minor = has
        row.save(update_fields=["told_minor"])
        if not amount:
            return None, row
        seen = purse.entries[0].name if purse.entries else ""
        return ShopCreditMove.objects.create(credit=row, amount_minor=amount, seen=seen, begun_at=at), row


def _done(move, reference, at):
    with transaction.atomic():
        row = ShopCredit.objects.select_for_update().get(pk=move.credit_id)
        if ShopCreditMove.objects.filter(pk=move.pk, done_at=None).update(done_at=at, reference=reference[:120]):
            row.given_minor += move.amount_minor
            row.save(update_fields=["given_minor"])
