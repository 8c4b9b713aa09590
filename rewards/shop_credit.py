"""Store credit that customers spend in their shop's own account: what they have here is what the shop has of us.

Where a connection holds the credit (``Connection.holds_credit``) nobody reserves it by the API. A sweep finds whose
credit has changed and asks for an errand; that reads back what was spent there (``shop_spending``), puts in what is
missing, or takes back what the shop still has of what is owed no more. What was spent before it was taken back is made
up for by what is credited later. Nothing of it expires, as it has no end in the shop. A person who is known by several
records has one balance.
"""

from datetime import timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import Sum

from advocacy import errands, ids, money, persons
from advocacy.models import Customer, Errand, ErrandKind
from advocacy.platforms import PlatformFailed, credit
from advocacy.platforms.known import Purse
from advocacy.refusals import Refused
from rewards import shop_spending
from rewards.models import Account, AccountKind, Form, ShopCredit, ShopCreditMove

# Of each account whose it is, and what that person was last told to have: what all of their records hold together.
_CHANGED = """
    SELECT account.storefront_id, connection.id, owner.public_id
    FROM advocacy_connection connection
    JOIN rewards_account account ON account.storefront_id = connection.storefront_id AND account.kind = 'available'
        AND account.form = 'credit' AND account.customer_id IS NOT NULL
    JOIN advocacy_customer customer ON customer.id = account.customer_id
    JOIN advocacy_customer owner ON owner.public_id = COALESCE(customer.merged_into_id, customer.public_id)
    LEFT JOIN rewards_shopcredit credit ON credit.connection_id = connection.id
        AND credit.customer_id = owner.id AND credit.unit = account.unit
    WHERE connection.holds_credit AND connection.status = 'active'
        AND COALESCE(credit.told_minor, 0) <> CASE WHEN owner.absorbed THEN (
            SELECT SUM(each.balance_minor) FROM rewards_account each
            JOIN advocacy_customer record ON record.id = each.customer_id
            WHERE (record.public_id = owner.public_id OR record.merged_into_id = owner.public_id)
                AND each.storefront_id = account.storefront_id AND each.kind = 'available' AND each.form = 'credit'
                AND each.unit = account.unit) ELSE account.balance_minor END
        AND NOT EXISTS (
            SELECT FROM advocacy_errand errand WHERE errand.connection_id = connection.id AND errand.kind = 'credit'
                AND errand.subject = owner.public_id
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
    return len(about) + shop_spending.look_again(at=at, limit=limit)


def do(*, errand, caller, at):
    """The errand of a customer's credit, in each of its currencies. A sentence of what was done."""
    if caller is None:
        return TEST_MODE
    person = Customer.objects.get(public_id=errand.subject)
    if person.merged_into_id:
        # The person's own errand does it: two at once would put the same in twice.
        errands.ask(kind=ErrandKind.CREDIT, about={(*_place(errand), person.merged_into_id)}, at=at)
        return "The customer was merged into another: done with that one's."
    records = _records(person)
    _alone(errand, records, at)
    said = [_bring(errand, caller, records, unit, at) for unit in _units(records)]
    return " ".join(said) or "The customer has no credit."


def _place(errand):
    return errand.storefront_id, errand.connection_id


def _records(person):
    """All records of the person, the one that counts first."""
    others = persons.records(person).exclude(pk=person.pk).order_by("pk") if person.absorbed else []
    return [person, *others]


def _alone(errand, records, at):
    """Refuses for now while an errand of another record, from before the merge, is still being done."""
    others = [record.public_id for record in records[1:]]
    busy = Errand.objects.filter(connection=errand.connection_id, kind=ErrandKind.CREDIT, subject__in=others)
    if others and busy.filter(claimed_until__gt=at).exists():
        raise Refused("merged_just_now", "The customer was merged just now: what was begun before is waited for.")


def _accounts(records):
    return Account.objects.filter(customer__in=records, kind=AccountKind.AVAILABLE, form=Form.CREDIT)


def _units(records):
    return _accounts(records).order_by("unit").values_list("unit", flat=True).distinct()


def _bring(errand, caller, records, unit, at):
    looked = _looked(errand, caller, records, unit)
    for row in _rows(errand, records, unit).order_by("pk"):
        shop_spending.note(credit=row, purse=looked[row.customer_id][1], at=at)
    move, rows = _begun(errand, records, unit, looked, at)
    if move is None:
        given = sum(row.given_minor for row in rows)
        left = given - max(_row_of(records[0], rows).told_minor, 0)
        spent = f" {money.plain(left, unit)} of it was spent before it was taken back." if left > 0 else ""
        return f"The shop has {money.plain(given, unit)} of ours.{spent}"
    _make(move, caller, looked[move.credit.customer_id], at)
    word = "were put in" if move.amount_minor > 0 else "were taken back"
    return f"{money.plain(abs(move.amount_minor), unit)} {word}. {_bring(errand, caller, records, unit, at)}"


def _looked(errand, caller, records, unit):
    """``{record's key: (the shop's id, Purse)}`` of the record that counts, and of others that got something there."""
    ShopCredit.objects.bulk_create(
        [
            ShopCredit(
                storefront_id=errand.storefront_id,
                connection_id=errand.connection_id,
                customer_id=records[0].pk,
                unit=unit,
            )
        ],
        ignore_conflicts=True,
    )
    theirs = {row.customer_id: shop_spending.back_to(credit=row) for row in _rows(errand, records, unit)}
    return {
        each.pk: _look(caller, each, unit, each is records[0], theirs[each.pk]) for each in records if each.pk in theirs
    }


def _look(caller, record, unit, counts, back_to):
    shop = credit.of(caller)
    try:
        owner = shop.whose(caller, record)
        return owner, shop.look(caller, owner, unit, back_to=back_to)
    except Refused as refused:
        if counts or refused.code != "unknown_customer":
            raise
        # Merged there, too: nothing can be taken from it any more.
        return None, Purse()


def _rows(errand, records, unit):
    return ShopCredit.objects.filter(connection=errand.connection_id, customer__in=records, unit=unit)


def _row_of(record, rows):
    return next(row for row in rows if row.customer_id == record.pk)


def _begun(errand, records, unit, looked, at):
    """``(the move that is to be made, or None, the rows)``: the one that was begun before, or the difference."""
    with transaction.atomic():
        rows = list(_rows(errand, records, unit).select_for_update().order_by("pk"))
        for begun in ShopCreditMove.objects.filter(credit__in=rows, done_at=None).select_related("credit"):
            if looked[begun.credit.customer_id][0] is not None:
                return begun, rows
            begun.delete()
        has = _accounts(records).filter(unit=unit).aggregate(has=Sum("balance_minor"))["has"] or 0
        _tell(rows, records[0], has)
        missing = max(has, 0) - sum(row.given_minor for row in rows)
        # It is put where the person goes on, and taken there last.
        rows.sort(key=lambda row: (row.customer_id != records[0].pk) == (missing >= 0))
        for row in rows:
            _, purse = looked[row.customer_id]
            amount = missing if missing >= 0 else -min(-missing, row.given_minor, purse.balance_minor)
            if amount:
                seen = purse.entries[0].name if purse.entries else ""
                return ShopCreditMove.objects.create(credit=row, amount_minor=amount, seen=seen, begun_at=at), rows
            if missing >= 0:
                break
        return None, rows


def _tell(rows, record, has):
    """Of the record that counts, what all have; of others what they got, so that they are looked at after a parting."""
    for row in rows:
        row.told_minor = has if row.customer_id == record.pk else row.given_minor
    ShopCredit.objects.bulk_update(rows, ["told_minor"])


def _make(move, caller, looked, at):
    """Once: one that was made before it could be noted is known again. Refused, it was not made, and is begun anew."""
    owner, purse = looked
    mark = ids.encode("ern", move.public_id)
    known = credit.done_before(purse, mark=mark, amount_minor=move.amount_minor, seen=move.seen)
    try:
        unit = move.credit.unit
        reference = known.name if known else credit.of(caller).move(caller, owner, move.amount_minor, unit, mark)
    except PlatformFailed:
        # It may have been made.
        raise
    except Refused:
        move.delete()
        raise
    _done(move, reference, at)


def _done(move, reference, at):
    with transaction.atomic():
        row = ShopCredit.objects.select_for_update().get(pk=move.credit_id)
        if ShopCreditMove.objects.filter(pk=move.pk, done_at=None).update(done_at=at, reference=reference[:120]):
            row.given_minor += move.amount_minor
            row.save(update_fields=["given_minor"])
