"""What the store's shop would export: three tables, as lines. Pure."""

from datetime import timedelta

import numpy as np


def customers(store, opened):
    yield "external_id,email,name,created_at\n"
    for number, joined in enumerate(store.joined):
        yield f"sim-{number},sim-{number}@simulated.example,Sim {number},{_moment(opened, joined)}\n"


def referrals(store, opened):
    """Who was brought by whom, and every advocate, also those of whom nobody came yet."""
    yield "advocate_id,friend_id,bound_at\n"
    for number in np.flatnonzero(store.is_advocate):
        yield f"sim-{number},,{_moment(opened, store.first[number])}\n"
    for friend in np.flatnonzero(store.brought_by >= 0):
        yield f"sim-{store.brought_by[friend]},sim-{friend},{_moment(opened, store.joined[friend])}\n"


def orders(store, opened):
    yield "external_id,customer_id,currency,total,refunded,placed_at,utm_medium\n"
    for number, (who, at, minor, back) in enumerate(zip(store.who, store.at, store.minor, store.back, strict=True)):
        amounts = f"{currency_of(store, who)},{_amount(minor)},{_amount(back) if back else ''}"
        yield f"sim-{number},sim-{who},{amounts},{_moment(opened, at)},{_medium(store, who)}\n"


def currency_of(store, who):
    return "USD" if store.is_abroad[who] else "EUR"


def channel_of(store, who):
    """By what a customer was acquired."""
    return store.truth.came_by[store.came_by[who]][0] if store.came_by[who] >= 0 else "referral"


# As a shop would say them: of friends, nothing.
_MEDIA = {"paid_search": "cpc", "organic_search": "organic", "email": "email", "referral": ""}


def _medium(store, who):
    return _MEDIA[channel_of(store, who)]


def moment(opened, days):
    """Whole seconds: a file's times have no more."""
    return (opened + timedelta(days=float(days))).replace(microsecond=0)


def _moment(opened, days):
    return f"{moment(opened, days):%Y-%m-%dT%H:%M:%SZ}"


def _amount(minor):
    return f"{minor // 100}.{minor % 100:02}"
