"""Bring a simulated store in: its files by the import, beside them the visits and shares that no file has."""

import tempfile
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction
from django.db.models import Case, JSONField, Value, When
from django.db.models.functions import Mod

from advocacy import ids
from advocacy.models import Advocate, Customer, Program, Storefront
from config.simulated_store import files
from referrals import buyers, costs, imports, rollups
from referrals.models import Click, FraudPolicy, Link, Order, Share, ShareKind
from rewards import rates

_AT_ONCE = 5000
_PRODUCTS = ("Espresso beans", "Filter coffee", "Mug", "Grinder", "Tasting box", "Espresso beans", "Filter coffee")
_KINDS = ("customers", "referrals", "orders")
SEGMENT = "loyal"


def storefront_of(truth, *, at):
    """The store, empty; another one for each seed and size, so that truths are never mixed."""
    name = f"simulated-{truth.customers}-{truth.seed}"
    with transaction.atomic():
        shop, made = Storefront.objects.get_or_create(
            slug=name,
            defaults={
                "name": f"Simulated store of {truth.customers:,} (seed {truth.seed})",
                "currency": "EUR",
                "time_zone": "Europe/Berlin",
            },
        )
        if made:
            program = Program.objects.create(storefront=shop, slug="friends", name="Friends of the simulated store")
            # Its people all look alike, which is what cheats do.
            FraudPolicy.objects.update_or_create(program=program, defaults={"active": False})
    return shop, made


def begin(*, storefront, store, at):
    """Yields the imports of its files, kept and not begun: customers, who brought whom, then orders, which convert.

    The next is asked for when the one before has ended: of whoever brings a friend the segment must be known.
    """
    opened = opened_at(store, at)
    for kind in _KINDS:
        yield _kept(storefront, kind, getattr(files, kind)(store, opened), at)
        if kind == "customers":
            _say_segments(storefront, store)


def _say_segments(storefront, store):
    loyal = np.flatnonzero(store.is_loyal)
    for begun in range(0, len(loyal), _AT_ONCE):
        names = [f"sim-{number}" for number in loyal[begun : begun + _AT_ONCE]]
        Customer.objects.filter(storefront=storefront, external_id__in=names).update(traits={"segments": [SEGMENT]})


def add_money(*, storefront, store, at):
    """What a dollar was worth on each day, and what each channel cost by month: so much for each new customer."""
    opened, zone = opened_at(store, at), ZoneInfo(storefront.time_zone)
    days = (opened.date() + timedelta(days=number) for number in range(store.truth.days + 1))
    said = [rates.Said("", day, "USD", "EUR", store.truth.euros_of_a_dollar(day), "simulated") for day in days]
    rates.put(storefront=storefront, rates=said, at=at)
    each, bought = dict(store.truth.costs), Counter()
    for who in np.flatnonzero(~np.isnan(store.first)):
        month = files.moment(opened, store.first[who]).astimezone(zone).date().replace(day=1)
        bought[month, files.channel_of(store, who)] += 1
    paid = [
        costs.Said("", month, channel, "EUR", each[channel] * customers, "simulated")
        for (month, channel), customers in bought.items()
        if channel in each
    ]
    costs.put(storefront=storefront, costs=paid, at=at)


def is_whole(storefront):
    """Whether its clicks are here, which come last."""
    return Click.objects.filter(storefront_id=storefront.pk).exists()


def opened_at(store, at):
    return (at - timedelta(days=store.truth.days)).replace(microsecond=0)


def _kept(storefront, kind, lines, at):
    with tempfile.TemporaryFile() as file:
        for line in lines:
            file.write(line.encode())
        file.seek(0)
        # Nothing of it is of the past: the orders of friends convert, as they did in the store.
        return imports.keep(
            storefront=storefront, kind=kind, stream=file, name=f"{kind}.csv", past_until=None, check=False, at=at
        )


def add_visits(*, storefront, store, at):
    """Clicks, shares, products and since when its advocates are: known to the store, and in none of its files."""
    opened = opened_at(store, at)
    links = dict(
        Link.objects.filter(storefront=storefront).order_by("-pk").values_list("advocate__customer__external_id", "pk")
    )
    program = Program.objects.get(storefront=storefront)
    Program.objects.filter(pk=program.pk).update(created_at=opened)
    _say_since_when(storefront, store, opened)
    _insert(Click, list(_clicks(storefront, program, store, links, opened)))
    _insert(Share, list(_shares(storefront, store, links, opened)))
    _say_products(storefront)


def _say_since_when(storefront, store, opened):
    numbers = np.flatnonzero(store.is_advocate)
    since = {f"sim-{number}": files.moment(opened, store.first[number]) for number in numbers}
    rows = list(Advocate.objects.filter(storefront=storefront).select_related("customer"))
    for row in rows:
        row.enrolled_at = since[row.customer.external_id]
    Advocate.objects.bulk_update(rows, ["enrolled_at"], batch_size=_AT_ONCE)


def _say_products(storefront):
    """One product an order, in turn: friends and others buy the same."""
    kinds = [
        When(turn=turn, then=Value([{"name": name, "quantity": 1}], output_field=JSONField()))
        for turn, name in enumerate(_PRODUCTS)
    ]
    bought = Order.objects.filter(storefront=storefront).annotate(turn=Mod("pk", len(_PRODUCTS)))
    bought.update(products=Case(*kinds))


def _clicks(storefront, program, store, links, opened):
    for number, (advocate, days) in enumerate(zip(store.visited, store.visited_at, strict=True)):
        at = files.moment(opened, days)
        yield Click(
            id=ids.uuid7(int(at.timestamp() * 1000)),
            storefront_id=storefront.pk,
            program_id=program.pk,
            link_id=links[f"sim-{advocate}"],
            at=at,
            # Everybody is somebody else.
            visitor=number.to_bytes(16, "big"),
        )


def _shares(storefront, store, links, opened):
    for advocate, days, channel in zip(store.sharer, store.shared_at, store.shared_by, strict=True):
        if days < store.truth.days:
            yield Share(
                storefront=storefront,
                link_id=links[f"sim-{advocate}"],
                kind=ShareKind.SHARE,
                channel=store.truth.shared_by[channel][0],
                at=files.moment(opened, days),
            )


def _insert(model, rows):
    model.objects.bulk_create(rows, batch_size=_AT_ONCE)


def count(*, storefront, at):
    """Count everything of it now, instead of as the workers come to it."""
    rollups.rebuild(storefront=storefront)
    # Its own days only: those of other storefronts may have clicks of just now, which are counted again and again.
    while rollups.recount_part(storefront=storefront, at=at):
        pass
    buyers.rebuild(storefront=storefront, at=at)
