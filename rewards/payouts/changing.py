"""Move payouts from state to state, each once: whoever comes second changes nothing."""

from advocacy.models import bulk
from rewards.models import BatchState, Leg, Payout, PayoutBatch, PayoutState
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

_COLUMNS = ("state", "version", "reference", "failure", "waits_for", "sent_at", "paid_at", "ended_at")


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
    bulk.update(moved, _COLUMNS)
    if leg:
        moving.carry([payout.public_id for payout in moved], leg, at=at)
    if state == PayoutState.RETURNED:
        _take_back(moved, at)
    telling.tell(moved, at=at)
    return moved


def drop(batch, payouts, *, said, at):
    """Give these back before the batch is sent; one of which nothing is left is cancelled. The caller saves it."""
    dropped = change(payouts, PayoutState.CANCELLED, at=at, said=said)
    if len(dropped) == batch.payouts_count:
        batch.state, batch.ended_at = BatchState.CANCELLED, at
        batch.approved_by = batch.approved_at = None
        return
    batch.total_minor -= sum(payout.amount_minor for payout in dropped)
    batch.payouts_count -= len(dropped)


def _take_back(payouts, at):
    for kind in {payout.batch.kind for payout in payouts}:
        if KINDS[kind].take_back:
            KINDS[kind].take_back([payout for payout in payouts if payout.batch.kind == kind], at)


def of(batch):
    """The batch's payouts, without those that wait, by number."""
    rows = Payout.objects.filter(batch=batch).exclude(state=PayoutState.WAITING)
    found = list(rows.select_related("customer").order_by("number"))
    for payout in found:
        payout.batch = batch
    return found
