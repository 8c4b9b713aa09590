"""Load a simulated store into a running stack, telling how far it is, and say what is true of it."""

import json
import time

from django.utils import timezone

from advocacy.models import JobState
from config.simulated_store import loading
from config.simulated_store.making import make
from referrals import imports

_PAUSE_SECONDS = 0.5
_TOLD = {
    "click_to_signup": "of the visitors become friends",
    "signup_to_conversion": "of the friends buy",
    "buys_by_loyal": "of the friends of advocates in the segment loyal buy",
    "buys_by_others": "of the friends of other advocates buy",
    "abroad": "of the people pay in dollars",
    "k": "friends who buy, of one advocate (K by what was sent, of all {days} days)",
    "more_often": "times as often as others, friends buy",
    "more_spent": "times as much as others, friends spend on an order",
    "refunded": "of the orders are half refunded",
}


class Failed(Exception):
    """An import of the store did not end well; its sentence says where to look."""


def load(truth, *, path, bar):
    """What is true of the store, as a text; all of it is written to ``path``. The stack's workers do the imports.

    ``bar(what, done, total)`` is called as it goes. A store of this size and seed that is here already stays as it is.
    """
    at = timezone.now()
    path.write_text(json.dumps(truth.told(), indent=2))
    shop, new = loading.storefront_of(truth, at=at)
    if new:
        store = make(truth)
        for row in loading.begin(storefront=shop, store=store, at=at):
            _follow(imports.begin(row=row, at=timezone.now()), bar)
        bar("visits", 0, len(store.visited))
        loading.add_visits(storefront=shop, store=store, at=at)
        bar("visits", len(store.visited), len(store.visited))
        loading.add_money(storefront=shop, store=store, at=at)
        loading.count(storefront=shop, at=timezone.now())
    elif not loading.is_whole(shop):
        raise Failed(f"{shop.name} was loaded only in part at an earlier start. Choose another --seed.")
    lines = [f"  {truth.told()[name]:>8.4g}  {words.format(days=truth.days)}" for name, words in _TOLD.items()]
    return "\n".join([f"True of {shop.name}; its metrics should say nearly that:", *lines, f"  all of it: {path}"])


def _follow(row, bar):
    job = row.job
    while job.active:
        bar(row.kind, job.done, row.rows)
        time.sleep(_PAUSE_SECONDS)
        job.refresh_from_db()
    if job.state != JobState.DONE:
        raise Failed(f"The import of {row.kind} ended as {job.state}. {job.error} See Jobs in the admin.")
    bar(row.kind, row.rows, row.rows)
