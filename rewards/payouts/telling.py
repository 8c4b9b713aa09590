"""Tell of payouts: one event per payout and change."""

from advocacy.outbox.record import Draft, record
from rewards import events
from rewards.models import PayoutState

_TYPES = {
    PayoutState.FROZEN: events.PAYOUT_FROZEN,
    PayoutState.SENT: events.PAYOUT_SENT,
    PayoutState.PAID: events.PAYOUT_PAID,
    PayoutState.FAILED: events.PAYOUT_FAILED,
    PayoutState.CANCELLED: events.PAYOUT_CANCELLED,
    PayoutState.RETURNED: events.PAYOUT_RETURNED,
}


def tell(payouts, *, at):
    """Of each as it is now; whoever changed them has raised their version."""
    record([_draft(payout, at) for payout in payouts], at=at)


def _draft(payout, at):
    return Draft(
        type=_TYPES[payout.state],
        subject=payout,
        storefront=payout.storefront_id,
        customer=payout.customer_id,
        facts={
            "payout": str(payout.public_id),
            "payout_batch": str(payout.batch.public_id),
            "number": payout.number,
            "kind": str(payout.batch.kind),
            "state": str(payout.state),
            "amount_minor": payout.amount_minor,
            "currency": payout.currency,
        },
        occurred_at=at,
    )
