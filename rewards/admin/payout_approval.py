"""Approving a batch of payouts: what was taken back since it was made, and what becomes of that."""

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from advocacy.admin import acts
from rewards.models import BatchState
from rewards.payouts import batches, shared_accounts, taken_back

_ANSWERS = [
    ("", "Nothing was taken back"),
    (taken_back.DROP, "Drop these payouts: the right amount comes with the next batch"),
    (taken_back.PAY, "Pay them all the same: later rewards make up for it"),
]


class Approval(acts.Reason):
    taken_back = forms.ChoiceField(
        label="Taken back since",
        choices=_ANSWERS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Of payouts of which refunds have taken back a part since the batch was made; its page names them.",
    )


def approve(*, row, by, at, reason, taken_back=""):
    return batches.approve(batch=row, by=by, at=at, taken_back=taken_back)


def outcome(batch):
    if batch.state == BatchState.CANCELLED:
        return "All of it was dropped"
    return "Approved" if batch.state == BatchState.APPROVED else "First approval given"


def told(batch):
    """What the draft's page says of it, or nothing."""
    return f"{_shared(batch)} {_taken_back(batch)}".strip()


def _shared(batch):
    payouts, more = shared_accounts.named(batch)
    if not payouts:
        return ""
    named = "; ".join(f"No. {each.number}, {each.customer}" for each in payouts) + f"; and {more} more" * (more > 0)
    return f"Paid to an account that other people are paid to, too: {named}. Look at these before you approve it."


def _taken_back(batch):
    short = taken_back.since(batch)
    if not short:
        return ""
    named = "; ".join(f"No. {each.payout.number}, {each.payout.customer}: {each.said}" for each in short)
    return f"Since it was made, refunds have taken back: {named}. Approving it, say whether these are dropped or paid."
