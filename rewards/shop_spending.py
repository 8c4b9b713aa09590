"""What customers spent of the credit that a shop holds, read back from the entries of their accounts there.

Each entry of an order is followed once, whatever told us to look: what was paid with is a redemption, confirmed; what
came back is given back by it. Credit of ours is spent before the shop's own. What the wallet has no more, as it was
taken back here first, is nobody's redemption: it is made up for by what is credited later.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from advocacy import errands
from advocacy.models import ConnectionStatus, Errand, ErrandKind, ErrandState
from rewards import redemptions
from rewards.models import ShopCredit, ShopCreditEntry

# Orders that never came here, as invoices that credit paid as a whole, are found by looking so often.
AT_LEAST = timedelta(days=1)


def follow(*, events, at):
    """Handler of orders: their customers may have paid with credit, or got it back."""
    customers = {event.customer_id for event in events} - {None}
    _look(_held().filter(customer__in=customers), at)


def look_again(*, at, limit=500):
    """Have accounts looked at where nobody did for a day; returns of how many."""
    mine = Errand.objects.filter(kind=ErrandKind.CREDIT, subject=OuterRef("customer__public_id"))
    old = mine.filter(connection=OuterRef("connection"), state=ErrandState.DONE, done_at__lte=at - AT_LEAST)
    return _look(_held().filter(Exists(old), given_minor__gt=0)[:limit], at)


def _held():
    return ShopCredit.objects.filter(connection__holds_credit=True, connection__status=ConnectionStatus.ACTIVE)


def _look(rows, at):
    about = set(rows.values_list("storefront", "connection", "customer__public_id"))
    errands.ask(kind=ErrandKind.CREDIT, about=about, at=at)
    return len(about)


def note(*, credit, purse, at):
    """Follow what orders did to this account and was not followed yet, the oldest first."""
    first = credit.moves.filter(done_at__isnull=False).order_by("pk").first()
    if first is None:
        # Nothing of ours was there to be spent.
        return
    entries = [entry for entry in _since(first.reference, purse.entries) if entry.order is not None and entry.name]
    names = {entry.name for entry in entries}
    mine = ShopCreditEntry.objects.filter(connection=credit.connection_id, name__in=names)
    known = set(mine.values_list("name", flat=True)) if names else set()
    for entry in entries:
        if entry.name not in known:
            _note(credit, entry, at)


def back_to(*, credit):
    """The names of entries that must be seen: before the last that was followed, none is left to follow.

    And the newest before a move that was begun, or whether it was made could not be told.
    """
    noted = credit.entries.order_by("-pk").first()
    first = credit.moves.filter(done_at__isnull=False).order_by("pk").first()
    known = noted.name if noted else first and first.reference
    return {known, *credit.moves.filter(done_at=None).values_list("seen", flat=True)} - {None, ""}


def _since(reference, newest_first):
    """What came after our first move, the oldest first; all, where that is longer ago than what was looked at."""
    names = [entry.name for entry in newest_first]
    return newest_first[: names.index(reference) if reference in names else None][::-1]


def _note(credit, entry, at):
    with transaction.atomic():
        row = (
            ShopCredit.objects.select_for_update(of=["self"]).select_related("storefront", "customer").get(pk=credit.pk)
        )
        if ShopCreditEntry.objects.filter(connection=row.connection_id, name=entry.name).exists():
            return
        redemption, followed = None, 0
        if entry.amount_minor < 0:
            redemption = _spent(row, entry, at)
            followed = -redemption.amount_minor if redemption else 0
        elif entry.amount_minor > 0:
            followed = _given_back(row, entry, at)
        ShopCreditEntry.objects.create(
            connection_id=row.connection_id,
            credit=row,
            name=entry.name,
            order=entry.order,
            amount_minor=entry.amount_minor,
            followed_minor=followed,
            redemption=redemption,
            noted_at=at,
        )
        row.given_minor += followed
        row.save(update_fields=["given_minor"])


def _spent(row, entry, at):
    amount = min(-entry.amount_minor, row.given_minor)
    about = {"storefront": row.storefront, "customer": row.customer, "unit": row.unit, "order": entry.order}
    return redemptions.spent_in_shop(amount_minor=amount, at=at, **about) if amount else None


def _given_back(row, entry, at):
    """Of what this order was paid with, the last first; an order that is not told may be any."""
    paid = row.entries.filter(redemption__isnull=False).select_related("redemption").order_by("-pk")
    left = entry.amount_minor
    for each in paid.filter(order=entry.order) if entry.order else paid:
        amount = min(left, each.redemption.amount_minor - each.redemption.reversed_minor)
        if amount:
            redemptions.reverse(redemption=each.redemption, amount_minor=amount, at=at)
            left -= amount
    return entry.amount_minor - left
