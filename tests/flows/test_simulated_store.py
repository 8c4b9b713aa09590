"""A store whose truths are known: what is counted of it equals plain numpy, and its intervals cover the truths.

Loaded as ``bin/demo --customers`` does, by the import. One small store at each run, three larger ones with ``--full``.
"""

import uuid
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from advocacy import jobs, money
from config import channel_returns, program_money
from config.simulated_store import files, loading
from config.simulated_store.making import make
from config.simulated_store.truth import Truth
from referrals import cohorts, growth, imports, lifetime_value, metrics
from referrals.models import HORIZONS, Buyer, Conversion, Order

pytestmark = pytest.mark.django_db
# Kept for 400 days, so that every click of the store is still there to be counted.
_DAYS = 300
_LARGE = 1000


def _load(truth, at):
    store = make(truth)
    shop, _ = loading.storefront_of(truth, at=at)
    for row in loading.begin(storefront=shop, store=store, at=at):
        job, worker = imports.begin(row=row, at=at).job, uuid.uuid4()
        while jobs.step(pk=job.pk, worker=worker, first=True, at=at):
            pass
        row.refresh_from_db()
        assert (row.taken["refused"], row.taken["new"]) == (0, row.rows)
        _look_at_sizes(truth)
    loading.add_visits(storefront=shop, store=store, at=at)
    loading.add_money(storefront=shop, store=store, at=at)
    _look_at_sizes(truth)
    loading.count(storefront=shop, at=at)
    return shop, store


def _look_at_sizes(truth):
    """A large store that was rolled back leaves statistics of empty tables: the next would take four times as long."""
    if truth.customers >= _LARGE:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _kept(store):
    """What is left of an order: half of some was given back, and its revenue with it, in whole cents half up."""
    return store.minor - store.back


def _check(truth, at):
    shop, store = _load(truth, at)
    program = shop.programs.get()
    since = (at - timedelta(days=truth.days + 1)).date()
    told = metrics.of_program(program=program, since=since, at=at)
    buyers = ~np.isnan(store.first)
    referred = store.brought_by >= 0
    counts = {name: each["value"] for name, each in told["counts"].items()}
    assert counts["referrals"] == referred.sum()
    assert counts["converted_referrals"] == (buyers & referred).sum()
    assert counts["visitors"] == len(store.visited)
    assert counts["orders"] == len(store.who) == Order.objects.filter(storefront=shop).count()
    assert counts["conversions"] == Conversion.objects.filter(storefront=shop).count() == referred[store.who].sum()
    assert counts["advocates_enrolled"] == store.is_advocate.sum()
    assert counts["new_customers"] == buyers.sum()
    at_home = ~store.is_abroad
    assert told["revenue"]["value"]["amount_minor"] == _kept(store)[(referred & at_home)[store.who]].sum()
    _covers(told["metrics"]["click_to_signup"], truth.signs_up)
    # Values are of the storefront's own currency.
    _check_values(shop, store, at, buyers & at_home, referred)
    _check_cohorts(shop, store, at, buyers & at_home)
    groups = metrics.of_program(program=program, since=since, at=at, group_by="segment")["groups"]
    _check_segments(groups, store, buyers, referred)
    _check_channels(program, store, at, since, buyers)
    _check_money(program, store, at, buyers, referred)
    k = growth.virality(program=program, since=told["period"]["from"], until=told["period"]["to"], at=at)["k"]
    assert k["shares"] == (store.shared_at < truth.days).sum()
    assert k["value"] == round((buyers & referred).sum() / store.is_advocate.sum(), 5)


def _covers(rate, truth):
    """Six errors wide: a single draw is outside once in a hundred million."""
    share = rate["numerator"] / rate["denominator"]
    error = np.sqrt(truth * (1 - truth) / rate["denominator"])
    assert abs(share - truth) < 6 * error


def _check_values(shop, store, at, buyers, referred):
    """Historical values over 30 and 90 days, of both groups, to the cent of their sums."""
    zone_days = _local_days(shop, store, at)
    for told in lifetime_value.compare(storefront=shop, at=at):
        days = told["horizon_days"]
        if days not in HORIZONS[:2]:
            continue
        for side, mine in (("referred", buyers & referred), ("others", buyers & ~referred)):
            old = mine & (zone_days["first"] + days < zone_days["today"])
            within = zone_days["at"] - zone_days["began"][store.who] <= np.timedelta64(days, "D")
            values = np.bincount(store.who, np.where(within, _kept(store), 0), minlength=len(mine))
            assert told[side]["customers"] == old.sum(), (days, side)
            assert told[side]["mean_minor"] == int(np.floor(values[old].sum() / old.sum() + 0.5)), (days, side)


def _check_cohorts(shop, store, at, buyers):
    months = _months(shop, store, at)
    found = cohorts.triangle(storefront=shop, at=at)
    first = np.full(len(buyers), 10**6)
    np.minimum.at(first, store.who, np.where(buyers[store.who], months, 10**6))
    for cohort in found["cohorts"]:
        year, month = map(int, cohort["month"].split("-"))
        mine = first == year * 12 + month - 1
        assert cohort["size"] == mine.sum()
        for told in cohort["months"]:
            then = mine[store.who] & (months == year * 12 + month - 1 + told["age"])
            assert told["active"] == len(np.unique(store.who[then]))
            assert told["kept_minor"] == _kept(store)[then].sum()


def _check_segments(groups, store, buyers, referred):
    """Who buys of the friends of loyal advocates, and of the friends of the others."""
    by_loyal = referred & store.is_loyal[store.brought_by]
    (loyal,) = (each["metrics"] for each in groups if each["group"]["key"] == loading.SEGMENT)
    rate = loyal["signup_to_conversion"]
    assert (rate["numerator"], rate["denominator"]) == ((buyers & by_loyal).sum(), by_loyal.sum())
    # Who signed up in the last days may yet buy.
    long_ago = referred & (store.joined < store.truth.days - 60)
    for mine, truth in ((by_loyal, store.truth.buys_by_loyal), (~by_loyal, store.truth.buys_by_others)):
        friends = mine & long_ago
        _covers({"numerator": (friends & buyers).sum(), "denominator": friends.sum()}, truth)


def _check_channels(program, store, at, since, buyers):
    """By what advocates share, by what customers came, and what each of these cost."""
    told = growth.channels(program=program, since=since, until=at.date())
    shared = np.bincount(store.shared_by[store.shared_at < store.truth.days], minlength=len(store.truth.shared_by))
    assert {each["channel"]: each["shares"] for each in told} == {
        name: number for (name, _), number in zip(store.truth.shared_by, shared, strict=True) if number
    }
    for (_, truth), number in zip(store.truth.shared_by, shared, strict=True):
        _covers({"numerator": number, "denominator": shared.sum()}, truth)
    shop = program.storefront
    months, of_shop = _firsts(shop, store, at), cohorts.month_of(cohorts.today(shop, at))
    counted = {each["channel"]: each for each in channel_returns.channel_risk(storefront=shop, at=at)["channels"]}
    for place, (name, truth) in enumerate(store.truth.came_by):
        mine = buyers & (store.came_by == place)
        _covers({"numerator": mine.sum(), "denominator": (buyers & (store.came_by >= 0)).sum()}, truth)
        assert Buyer.objects.filter(storefront=shop, channel=name).count() == (mine & ~store.is_abroad).sum()
        each = dict(store.truth.costs).get(name)
        if each:
            assert counted[name]["cost_minor"] == each * (mine & (months < of_shop)).sum()


def _firsts(shop, store, at):
    """The month of each one's first order; none of who never bought."""
    months = np.full(len(store.first), 10**6)
    np.minimum.at(months, store.who, _months(shop, store, at))
    return months


def _check_money(program, store, at, buyers, referred):
    """What a friend who bought cost, in whole months; and revenue, dollars by the rate of each day."""
    shop, opened = program.storefront, loading.opened_at(store, at)
    over = cohorts.today(shop, at).replace(day=1) - timedelta(days=1)
    told = program_money.of_program(program=program, since=opened.date().replace(day=1), until=over, at=at)
    friends = (buyers & referred & (_firsts(shop, store, at) < cohorts.month_of(cohorts.today(shop, at)))).sum()
    assert (told["cac"]["denominator"], told["cac"]["value"]) == (friends, dict(store.truth.costs)["referral"])
    days = np.array([moment.date() for moment in _local(shop, store, at, store.at)])
    mine = referred[store.who] & (days <= over)
    dollars = mine & store.is_abroad[store.who]
    assert dollars.any()
    kept = [(day, int(minor)) for day, minor in zip(days[dollars], _kept(store)[dollars], strict=True)]
    exchanged = sum(minor * Fraction(store.truth.euros_of_a_dollar(day)) for day, minor in kept)
    at_home = int(_kept(store)[mine & ~dollars].sum())
    assert told["roi"]["numerator"] + told["roi"]["denominator"] == money.round_half_up(at_home + exchanged)


def _local(shop, store, at, days):
    opened, zone = loading.opened_at(store, at), ZoneInfo(shop.time_zone)
    return [files.moment(opened, each).astimezone(zone) for each in days]


def _local_days(shop, store, at):
    first = np.full(len(store.first), 10**9)
    known = np.flatnonzero(~np.isnan(store.first))
    first[known] = [moment.date().toordinal() for moment in _local(shop, store, at, store.first[known])]
    (now,) = _local(shop, store, at, [store.truth.days])
    # By the clocks of the shop, so that a day at whose night they change is one day.
    own = np.array([moment.replace(tzinfo=None) for moment in _local(shop, store, at, store.at)], dtype="M8[s]")
    began = np.full(len(first), np.datetime64("9999-01-01", "s"))
    np.minimum.at(began, store.who, own)
    return {"first": first, "today": now.date().toordinal(), "at": own, "began": began}


def _months(shop, store, at):
    return np.array([moment.year * 12 + moment.month - 1 for moment in _local(shop, store, at, store.at)])


def test_what_is_counted_of_a_store_is_what_happened_in_it():
    _check(Truth(customers=60, seed=7, days=_DAYS), timezone.now())


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_larger_stores(seed):
    _check(Truth(customers=2000, seed=seed, days=_DAYS), timezone.now())
