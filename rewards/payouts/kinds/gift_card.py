"""A table of who gets a gift card of what amount, for whoever sends them; results say which card each got."""

from rewards.payouts.kinds import manual


def file(batch, payouts):
    return manual.file(batch, payouts, destination=lambda payout: payout.customer.email or "")
