"""A gift card of the policy's pool for each payout, one of the payout's amount; and a table of who gets what."""

from rewards.coupons import paying
from rewards.payouts.kinds import manual


def unfit(policy):
    return "" if policy.pool else "The payout policy names no pool of gift cards; choose one in the admin."


def file(batch, payouts):
    return manual.file(batch, payouts, destination=lambda payout: payout.customer.email or "")


def ready(batch, payouts, at):
    """As many as the pool has codes for, in the order of their numbers."""
    pool = batch.policy.pool
    return payouts if pool is None else paying.ready(pool=pool, payouts=payouts, at=at)


def give(payout, key, at):
    """The end of the card's code, such as ``…7QX2``. The payout is the key: it has one card."""
    return str(paying.give(payout=payout, pool=payout.batch.policy.pool, at=at))


def take_back(payouts, at):
    paying.take_back(payouts=payouts, at=at)
