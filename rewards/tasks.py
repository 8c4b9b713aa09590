import time

from celery import shared_task
from django.utils import timezone

from rewards import crediting, expiry, redemptions, reward_days, shop_credit
from rewards.coupons import ending, making, pools, serving
from rewards.payouts import batches, journal, scheduling
from rewards.settlement import closing, waiting

# A task stays well under its time limit; beat comes back for the rest.
SECONDS = 20


@shared_task
def release():
    """Credit what is due, batch by batch, each in a transaction of its own. Several at once take different rows."""
    _while_any(crediting.release)


@shared_task
def end_reservations():
    """Give back the credit of baskets that were left."""
    _while_any(redemptions.end)


@shared_task
def expire():
    """Let expire what was not spent in time, and remind of what soon will."""
    _while_any(expiry.expire, expiry.remind)


@shared_task
def decide_waiting():
    """Decide what waited for an exchange rate that has come."""
    _while_any(waiting.Round().decide)


@shared_task
def close_periods():
    """Pay the top-ups of tiers whose period is over."""
    _while_any(closing.close)


@shared_task
def coupons():
    """End codes whose time is over, and give codes to who waited for them: rewards first, then payouts. Shops are asked
    for those that they make.
    """
    _while_any(ending.expire, serving.serve, making.order)
    batches.give_waiting(at=timezone.now())


@shared_task
def watch_pools():
    """Tell of pools whose codes will not do for the rewards that are on their way."""
    pools.watch(at=timezone.now())


def _while_any(*works):
    until = time.monotonic() + SECONDS
    for work in works:
        while time.monotonic() < until and work(at=timezone.now()):
            pass


@shared_task
def payouts():
    """Drafts of the payouts whose day it is."""
    scheduling.run(at=timezone.now())


@shared_task
def credit_in_shops():
    """Shops that hold customers' credit are told of what has changed."""
    shop_credit.order(at=timezone.now())


@shared_task
def close_months():
    """Store what was owed at the end of months that are over."""
    journal.close(at=timezone.now())


@shared_task
def fold_days():
    """What was added to the days of rewards becomes a row a day again."""
    reward_days.fold()
