"""Draw a store by a seed. Pure: numpy, no clock, no database."""

from dataclasses import dataclass

import numpy as np

from config.simulated_store.truth import Truth

# Days from a share to its visitors, and from a sign-up to the first order: means of exponential waits.
_TO_VISIT, _TO_BUY, _TO_SIGN_UP = 2.0, 5.0, 1 / 24
_MOST_ORDERS = 400


@dataclass(frozen=True)
class Store:
    """Arrays; people are numbered from 0, times are days since the store opened.

    ``joined``: when they became known; ``first``: of their first order, nan for friends who never bought;
    ``brought_by``: the advocate's number or -1; ``is_loyal``: who is in the segment; ``is_abroad``: who pays in
    dollars; ``came_by``: which of ``truth.came_by``, -1 for friends. Of orders ``who``, ``at``, ``minor``, ``back``
    (given back). Of shares ``sharer``, ``shared_at``, ``shared_by`` (which of ``truth.shared_by``); of visits
    ``visited`` (the advocate), ``visited_at``, ``visitor_of`` (who came of it, or -1).
    """

    truth: Truth
    joined: np.ndarray
    first: np.ndarray
    brought_by: np.ndarray
    is_advocate: np.ndarray
    is_loyal: np.ndarray
    is_abroad: np.ndarray
    came_by: np.ndarray
    who: np.ndarray
    at: np.ndarray
    minor: np.ndarray
    back: np.ndarray
    sharer: np.ndarray
    shared_at: np.ndarray
    shared_by: np.ndarray
    visited: np.ndarray
    visited_at: np.ndarray
    visitor_of: np.ndarray


def make(truth):
    """The Store; about ``truth.customers`` people buy in it."""
    draw = np.random.default_rng(truth.seed)
    people, shares, visits = _grown(truth, draw)
    referred = people["brought_by"] >= 0
    orders = _orders(truth, draw, people["first"], referred)
    more = {
        "is_abroad": draw.random(len(referred)) < truth.abroad,
        "came_by": np.where(referred, -1, _one_of(truth.came_by, draw, len(referred))),
        "shared_by": _one_of(truth.shared_by, draw, len(shares["sharer"])),
    }
    return Store(truth=truth, **people, **shares, **visits, **orders, **more)


def _one_of(parts, draw, size):
    return draw.choice(len(parts), size, p=[part for _, part in parts])


def _grown(truth, draw):
    """Generation by generation: the first came by themselves, each of the next by an advocate of the one before."""
    own = truth.advocates * truth.k
    founders = max(1, round(truth.customers * (1 - own))) if own < 1 else truth.customers
    first = np.sort(draw.uniform(0, truth.days, founders))
    parts = {"joined": [first], "first": [first], "brought_by": [np.full(founders, -1)]}
    parts |= {"is_advocate": [], "is_loyal": []}
    shares, visits = {"sharer": [], "shared_at": []}, {"visited": [], "visited_at": [], "visitor_of": []}
    known, begun = founders, 0
    while begun < known:
        generation, buying = np.arange(begun, known), parts["first"][-1]
        told = ~np.isnan(buying) & (draw.random(len(generation)) < truth.advocates)
        loyal = told & (draw.random(len(generation)) < truth.loyal)
        parts["is_advocate"].append(told)
        parts["is_loyal"].append(loyal)
        shared = _shared(truth, draw, generation[told], buying[told])
        friends = _visited(truth, draw, shared, known, generation[loyal])
        for name, values in (shared | friends["visits"]).items():
            (shares if name in shares else visits)[name].append(values)
        begun, known = known, known + len(friends["joined"])
        for name in ("joined", "first", "brought_by"):
            parts[name].append(friends[name])
    # The last generation is empty.
    return tuple({name: np.concatenate(each) for name, each in some.items()} for some in (parts, shares, visits))


def _shared(truth, draw, advocates, since):
    numbers = draw.poisson(truth.shares, len(advocates))
    sharer = np.repeat(advocates, numbers)
    return {"sharer": sharer, "shared_at": np.repeat(since, numbers) + draw.exponential(20.0, len(sharer))}


def _visited(truth, draw, shared, known, loyal):
    """Who came of these shares, numbered from ``known`` on; what happens after the last day does not happen."""
    numbers = draw.poisson(truth.visitors, len(shared["sharer"]))
    advocate = np.repeat(shared["sharer"], numbers)
    at = np.repeat(shared["shared_at"], numbers) + draw.exponential(_TO_VISIT, len(advocate))
    joins = draw.random(len(at)) < truth.signs_up
    seen = at < truth.days
    advocate, at, joins = advocate[seen], at[seen], joins[seen]
    joined = at[joins] + _TO_SIGN_UP
    by_loyal = np.isin(advocate[joins], loyal)
    buys = draw.random(len(joined)) < np.where(by_loyal, truth.buys_by_loyal, truth.buys_by_others)
    first = np.where(buys, joined + draw.exponential(_TO_BUY, len(joined)), np.nan)
    came = np.full(len(at), -1)
    came[joins] = known + np.arange(len(joined))
    return {
        "joined": joined,
        "first": np.where(first < truth.days, first, np.nan),
        "brought_by": advocate[joins],
        "visits": {"visited": advocate, "visited_at": at, "visitor_of": came},
    }


def _orders(truth, draw, first, referred):
    buyers = np.flatnonzero(~np.isnan(first))
    more = np.where(referred[buyers], truth.more_often, 1.0)
    often = draw.gamma(truth.r, 1 / truth.alpha, len(buyers)) * more
    leaves = draw.beta(truth.a, truth.b, len(buyers))
    scale = draw.gamma(truth.q, 1 / truth.v, len(buyers)) / np.where(referred[buyers], truth.more_spent, 1.0)
    who, at, place, now = [buyers], [first[buyers]], np.arange(len(buyers)), first[buyers]
    for _ in range(_MOST_ORDERS):
        with np.errstate(divide="ignore"):
            now = now + draw.exponential(1 / np.maximum(often[place], 1e-12))
        still = now < truth.days
        place, now = place[still], now[still]
        if not len(place):
            break
        who.append(buyers[place])
        at.append(now)
        stays = draw.random(len(place)) >= leaves[place]
        place, now = place[stays], now[stays]
    who, at = np.concatenate(who), np.concatenate(at)
    own = np.searchsorted(buyers, who)
    minor = np.maximum(1, np.rint(draw.gamma(truth.p, 1.0, len(who)) / scale[own])).astype(np.int64)
    back = np.where(draw.random(len(who)) < truth.refunded, minor // 2, 0)
    order = np.argsort(at, kind="stable")
    return {"who": who[order], "at": at[order], "minor": minor[order], "back": back[order]}
