"""Spend credit and points at a checkout: reserved, then confirmed or given back; reversed when the order comes back."""

import logging
from datetime import timedelta

from django.db import transaction

from advocacy import money
from advocacy.outbox.interruptions import pass_on
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, Refused
from rewards import events as catalogue
from rewards import locks, lots, shop_holds
from rewards.models import Form, Leg, Redemption, RedemptionState

log = logging.getLogger(__name__)

LASTS, LONGEST = timedelta(minutes=30), timedelta(hours=24)
# What comes back after it had expired may be spent for so long.


def reserve(*, storefront, customer, unit, amount_minor, at, order="", program=None, until=None):
    """Take an amount from the lots until it is confirmed; ``order``: the shop's own id of it, where it has one.

    ``program`` says what points are worth. Raises ``lots.NotEnough``, or ``Refused`` ("expiry_out_of_range").
    """
    until = at + LASTS if until is None else until
    if not at < until <= at + LONGEST:
        sentence = f"A reservation ends within {LONGEST // timedelta(hours=1)} hours from now."
        raise Refused("expiry_out_of_range", sentence, errors={"expires_at": sentence})
    form = Form.POINTS if unit == money.POINTS else Form.CREDIT
    if form == Form.CREDIT and shop_holds.held_in_shop(storefront):
        raise Refused("credit_in_shop", "This credit is in the customer’s own account at the shop, and is spent there.")
    return _reserve(storefront, customer, unit, amount_minor, at=at, order=order, program=program, until=until)


def _reserve(storefront, customer, unit, amount_minor, *, at, order, program=None, until):
    form = Form.POINTS if unit == money.POINTS else Form.CREDIT
    rate = program.points_per_unit if program and form == Form.POINTS else None
    made = Redemption(
        storefront=storefront,
        customer=customer,
        form=form,
        unit=unit,
        amount_minor=amount_minor,
        program=program,
        worth_minor=worth(amount_minor, program) if rate else None,
        worth_currency=program.currency if rate else "",
        order_external_id=order,
        reserved_at=at,
        reserved_until=until,
    )
    with transaction.atomic():
        lots.take(
            storefront=storefront,
            customer=customer,
            unit=unit,
            form=form,
            amount=amount_minor,
            leg=Leg.RESERVE,
            reference=made.public_id,
            at=at,
        )
        return _told(made, catalogue.REDEMPTION_RESERVED, at)


def spent_in_shop(*, storefront, customer, unit, amount_minor, order, at):
    """What a shop's own account says was spent of it, confirmed; less where the wallet has less, None where nothing."""
    with transaction.atomic():
        try:
            made = _reserve(storefront, customer, unit, amount_minor, at=at, order=order, until=at + LASTS)
        except lots.NotEnough as short:
            if not short.spendable:
                return None
            made = _reserve(storefront, customer, unit, short.spendable, at=at, order=order, until=at + LASTS)
        return confirm(redemption=made, at=at)


def worth(points, program):
    """In minor units of the program's currency, rounded down: exchanged bit by bit, points are worth no more."""
    return points * 10 ** money.decimals(program.currency) // program.points_per_unit


def confirm(*, redemption, at, order=""):
    """It is spent. Confirmed again for the same order, or naming none, it stays as it is.

    Raises ``Conflict`` where it was given back, is over, or was confirmed for another order.
    """
    with transaction.atomic():
        row = _confirmed(_locked(redemption), at, order)
    # Said after what is over was given back, which stays.
    if row.state in (RedemptionState.RETURNED, RedemptionState.EXPIRED):
        raise Conflict(
            "reservation_over", "The reservation is over and its amount was given back; reserve it once more."
        )
    return row


def _confirmed(row, at, order):
    """The row, confirmed; or given back where its time is over."""
    if row.state in (RedemptionState.CONFIRMED, RedemptionState.REVERSED):
        _check_same(row, order)
    if row.state != RedemptionState.RESERVED:
        return row
    if row.reserved_until <= at:
        return _return(row, RedemptionState.EXPIRED, at)
    lots.carry(reference=row.public_id, leg=Leg.SPEND, at=at)
    row.state, row.confirmed_at = RedemptionState.CONFIRMED, at
    row.order_external_id = order or row.order_external_id
    return _told(row, catalogue.REDEMPTION_CONFIRMED, at)


def _check_same(row, order):
    if order in ("", row.order_external_id):
        return
    known = f"for the order {row.order_external_id}" if row.order_external_id else "without naming an order"
    sentence = f"It was confirmed {known}; what {order} spends is reserved by itself."
    raise Conflict("idempotency_conflict", sentence, errors={"order": sentence})


def give_back(*, redemption, at):
    """The basket was left. Given back before, it stays as it is. Raises ``Conflict`` where it was spent."""
    with transaction.atomic():
        row = _locked(redemption)
        if row.state in (RedemptionState.RETURNED, RedemptionState.EXPIRED):
            return row
        if row.state != RedemptionState.RESERVED:
            raise Conflict("already_spent", "It was confirmed before; reverse it instead.")
        return _return(row, RedemptionState.RETURNED, at)


def _return(row, state, at):
    lots.carry(reference=row.public_id, leg=Leg.GIVE_BACK, at=at)
    row.state, row.ended_at = state, at
    return _told(row, catalogue.REDEMPTION_RETURNED, at)


def reverse(*, redemption, at, amount_minor=None):
    """Give back what was spent, or so much of it. Raises ``Conflict`` where nothing was spent, ``Refused`` on too much.

    What had expired meanwhile may be spent for another 14 days.
    """
    with transaction.atomic():
        row = _locked(redemption)
        left = row.amount_minor - row.reversed_minor
        if row.state != RedemptionState.CONFIRMED:
            raise Conflict("nothing_spent", f"Only what is confirmed is reversed; this is {row.state}.")
        amount = left if amount_minor is None else amount_minor
        if not 0 < amount <= left:
            sentence = f"Between {money.plain(1, row.unit)} and {money.plain(left, row.unit)} can be given back."
            raise Refused("more_than_was_spent", sentence, errors={"amount_minor": sentence})
        parts = lots.carry(reference=row.public_id, leg=Leg.UNSPEND, at=at, amount=amount)
        lots.keep_alive([reward for reward, _ in parts], at=at)
        row.reversed_minor += amount
        if row.reversed_minor == row.amount_minor:
            row.state, row.ended_at = RedemptionState.REVERSED, at
        return _told(row, catalogue.REDEMPTION_REVERSED, at)


def end(*, at, limit=200, storefront=None):
    """Give back what nobody confirmed in time; returns how many. Call again while it returns any.

    Each in a transaction of its own; one that fails is logged and stays. Several calls at once take different ones.
    """
    over = Redemption.objects.filter(state=RedemptionState.RESERVED, reserved_until__lte=at)
    over = locks.of_only(storefront, over)
    first = list(over.order_by("reserved_until", "pk").values_list("pk", flat=True)[:limit])
    return sum(_end(pk, at) for pk in first)


def _end(pk, at):
    try:
        with transaction.atomic():
            row = Redemption.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is None or row.state != RedemptionState.RESERVED:
                return 0
            _return(row, RedemptionState.EXPIRED, at)
            return 1
    except Exception as error:
        pass_on(error)
        log.exception("Redemption %s cannot be given back.", pk)
        return 0


def _locked(redemption):
    return Redemption.objects.select_for_update(of=["self"]).select_related("customer", "program").get(pk=redemption.pk)


def _told(row, type, at):
    row.version += 1
    row.save()
    record([_draft(row, type, at)], at=at)
    return row


def _draft(row, type, at):
    return Draft(
        type=type,
        subject=row,
        storefront=row.storefront_id,
        customer=row.customer_id,
        program=row.program_id,
        facts={
            "form": str(row.form),
            "unit": row.unit,
            "amount_minor": row.amount_minor,
            "reversed_minor": row.reversed_minor,
            "worth_minor": row.worth_minor,
            "worth_currency": row.worth_currency,
            "order": row.order_external_id,
            "state": str(row.state),
            "expires_at": row.reserved_until.isoformat(),
        },
        occurred_at=at,
    )
