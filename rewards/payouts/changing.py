"""Move payouts from state to state, each once: whoever comes second changes nothing."""

from django.db import connection

from rewards.models import Leg, Payout, PayoutBatch, PayoutState
from rewards.payouts import moving, telling
from rewards.payouts.kinds import KINDS

_OPEN = (PayoutState.FROZEN, PayoutState.SENT)
# To a state: from which ones, by which leg of its lots, and the column of its time.
MOVES = {
    PayoutState.SENT: ((PayoutState.FROZEN,), None, "sent_at"),
    PayoutState.PAID: ((PayoutState.SENT,), Leg.PAY, "paid_at"),
    PayoutState.FAILED: (_OPEN, Leg.GIVE_BACK, "ended_at"),
    PayoutState.CANCELLED: (_OPEN, Leg.GIVE_BACK, "ended_at"),
    PayoutState.RETURNED: ((PayoutState.PAID,), Leg.UNPAY, "ended_at"),
}


def locked(batch):
    """The batch, locked, as it is now: all that changes its payouts waits here first, then for the lots."""
    return (
        PayoutBatch.objects.select_for_update(of=["self"]).select_related("storefront", "policy__pool").get(pk=batch.pk)
    )


def change(payouts, state, *, at, said=None):
    """Those of the payouts that may move to the state do; returns them. Needs their batch locked.

    ``said``: ``{number: (reference, failure)}``.
    """
    sources, leg, moment = MOVES[state]
    moved = [payout for payout in payouts if payout.state in sources]
    for payout in moved:
        payout.state, payout.version = PayoutState(state), payout.version + 1
        setattr(payout, moment, at)
        reference, failure = (said or {}).get(payout.number, ("", ""))
        payout.reference = reference or payout.reference
        payout.failure, payout.waits_for = failure, ""
    _save(moved)
    if leg:
        moving.carry([payout.public_id for payout in moved], leg, at=at)
    if state == PayoutState.RETURNED:
        _take_back(moved, at)
    telling.tell(moved, at=at)
    return moved


def _take_back(payouts, at):
    for kind in {payout.batch.kind for payout in payouts}:
        if KINDS[kind].take_back:
            KINDS[kind].take_back([payout for payout in payouts if payout.batch.kind == kind], at)


_COLUMNS = {
    "state": "text",
    "version": "integer",
    "reference": "text",
    "failure": "text",
    "waits_for": "text",
    **dict.fromkeys(("sent_at", "paid_at", "ended_at"), "timestamptz"),
}


def _save(payouts):
    """One statement for all of them."""
    if not payouts:
        return
    sets = ", ".join(f"{column} = now.{column}" for column in _COLUMNS)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
    columns = [[getattr(payout, column) for payout in payouts] for column in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE rewards_payout SET {sets} FROM unnest(%s::bigint[], {arrays}) "  # noqa: S608 - our own column names
            f"AS now (id, {', '.join(_COLUMNS)}) WHERE rewards_payout.id = now.id",
            [[payout.pk for payout in payouts], *columns],
        )


def of(batch):
    """The batch's payouts, without those that wait, by number."""
    rows = Payout.objects.filter(batch=batch).exclude(state=PayoutState.WAITING)
    found = list(rows.select_related("customer").order_by("number"))
    for payout in found:
        payout.batch = batch
    return found
