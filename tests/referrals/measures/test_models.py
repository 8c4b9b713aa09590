"""The two models against published values, against numbers drawn from them, and with what no model can be made of."""

import numpy as np
import pytest

from referrals.measures import purchases, spending

CDNOW = purchases.Frequency(r=0.243, alpha=4.414, a=0.793, b=2.426)
PEOPLE = 4000


@pytest.mark.parametrize(("weeks", "bought"), [(1, 0.05327), (3, 0.15087), (32, 1.04524)])
def test_somebody_new_is_expected_to_buy_as_published(weeks, bought):
    assert purchases.expected(CDNOW, weeks) == pytest.approx(bought, abs=5e-6)


def test_somebody_known_is_expected_to_buy_as_published():
    assert purchases.alive(CDNOW, [2], [30.43], [38.86]) == pytest.approx([0.72658], abs=5e-6)
    assert purchases.expected_of(CDNOW, [2], [30.43], [38.86], 39) == pytest.approx([1.22603], abs=5e-6)


def test_who_bought_once_cannot_have_left_and_who_is_long_gone_has():
    assert purchases.alive(CDNOW, [0, 20], [0, 30], [500, 500]) == pytest.approx([1, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b"), [(0.243, 4.414, 1, 2.426), (40, 0.5, 0.01, 0.99), (2, 3, 1, 1e-6), (1.5, 2, 2, 7)]
)
def test_nothing_breaks_where_the_formulas_have_a_hole(r, alpha, a, b):
    """Both sides of a = 1 and of a + b = 1 lead to the same value, which the formula itself does not have."""
    here = purchases.Frequency(r, alpha, a, b)
    near = [purchases.Frequency(r, alpha, a + step, b) for step in (-1e-4, 1e-4)]
    known = ([0, 3, 500], [0, 1, 30], [2, 2, 40], 52)
    low, high = (purchases.expected_of(each, *known) for each in near)
    assert purchases.expected_of(here, *known) == pytest.approx((low + high) / 2, rel=1e-3)


def bought(model, chance):
    """Histories of people as the model has them."""
    age = chance.uniform(1, 104, PEOPLE)
    rate, leaves = chance.gamma(model.r, 1 / model.alpha, PEOPLE), chance.beta(model.a, model.b, PEOPLE)
    repeats, recency, now, here = np.zeros(PEOPLE), np.zeros(PEOPLE), np.zeros(PEOPLE), np.arange(PEOPLE)
    while len(here):
        now[here] += chance.exponential(1 / np.maximum(rate[here], 1e-300))
        here = here[now[here] <= age[here]]
        repeats[here] += 1
        recency[here] = now[here]
        here = here[chance.random(len(here)) >= leaves[here]]
    return repeats, recency, age


def test_what_was_drawn_from_a_model_is_fitted_to_it():
    repeats, recency, age = bought(CDNOW, np.random.default_rng(7))
    found = purchases.fit(repeats, recency, age)
    assert found.reason == ""
    assert purchases.expected(found.model, 52) == pytest.approx(purchases.expected(CDNOW, 52), rel=0.08)
    # Nowhere near is anything likelier, and its own likelihood is that of the published formula.
    best = purchases.log_likelihood(found.model, repeats, recency, age).sum()
    assert found.log_likelihood == pytest.approx(best)
    for name in ("r", "alpha", "a", "b"):
        for factor in (0.98, 1.02):
            other = purchases.Frequency(**{**vars(found.model), name: getattr(found.model, name) * factor})
            assert purchases.log_likelihood(other, repeats, recency, age).sum() < best


def test_those_who_share_a_history_count_as_many_as_they_are():
    repeats, recency, age = (np.round(each) for each in bought(CDNOW, np.random.default_rng(8)))
    recency = np.where(repeats > 0, np.maximum(recency, 1), 0)
    age = np.maximum(age, recency)
    alike, counts = np.unique([repeats, recency, age], axis=1, return_counts=True)
    assert len(counts) < PEOPLE
    each, together = purchases.fit(repeats, recency, age), purchases.fit(*alike, weights=counts)
    assert together.customers == each.customers == PEOPLE
    assert vars(together.model) == pytest.approx(vars(each.model), rel=1e-4)


def test_the_unit_of_time_changes_nothing_but_alpha():
    repeats, recency, age = bought(CDNOW, np.random.default_rng(9))
    weeks, days = purchases.fit(repeats, recency, age), purchases.fit(repeats, recency * 7, age * 7)
    assert days.model.alpha / 7 == pytest.approx(weeks.model.alpha, rel=1e-4)
    assert purchases.expected(days.model, 364) == pytest.approx(purchases.expected(weeks.model, 52), rel=1e-4)


@pytest.mark.parametrize(
    ("repeats", "recency", "age", "why"),
    [
        ([], [], [], "Nobody has bought a second time"),
        ([0, 0], [0, 0], [5, 9], "Nobody has bought a second time"),
        ([1, 1], [5, 9], [5, 9], "nobody can have left"),
        ([1], [9], [5], "between 0 and age"),
        ([1, 0], [2, 3], [5, 5], "Recency is 0 for who bought once"),
        ([1.5], [2], [5], "whole numbers"),
        ([float("nan")], [2], [5], "must be numbers"),
        ([1, 2], [2], [5], "of one length"),
        ([1, 1, 2], [1e-9, 1e-9, 2e-9], [1e9, 1e9, 1e9], "did not converge"),
    ],
)
def test_what_no_model_can_be_made_of_is_said_in_words(repeats, recency, age, why):
    found = purchases.fit(repeats, recency, age)
    assert found.model is None
    assert why in found.reason


def test_spending_is_expected_between_the_own_mean_and_that_of_all():
    model = spending.Spend(p=6.25, q=3.74, v=15.44)
    # E[M] = (2.74 ÷ 15.24) · 35.219 + (12.5 ÷ 15.24) · 50 of two repeats; without one, the mean of all.
    assert spending.expected(model, [0, 2], [0, 50]) == pytest.approx([35.21898, 47.34252], abs=1e-5)


def test_spending_that_was_drawn_from_a_model_is_fitted_to_it():
    chance, true = np.random.default_rng(7), spending.Spend(p=6.25, q=3.74, v=15.44)
    repeats = chance.geometric(0.4, PEOPLE)
    mean = chance.gamma(true.p * repeats, 1 / (repeats * chance.gamma(true.q, 1 / true.v, PEOPLE)))
    found = spending.fit(repeats, mean)
    assert (found.reason, found.warning) == ("", "")
    assert found.model.mean == pytest.approx(true.mean, rel=0.03)
    best = spending.log_likelihood(found.model, repeats, mean).sum()
    for name in ("p", "q", "v"):
        for factor in (0.98, 1.02):
            other = spending.Spend(**{**vars(found.model), name: getattr(found.model, name) * factor})
            assert spending.log_likelihood(other, repeats, mean).sum() < best


@pytest.mark.parametrize(
    ("repeats", "mean", "why"),
    [
        ([], [], "customers with a repeat purchase"),
        ([0, 0, 1], [5, 6, 7], "customers with a repeat purchase"),
        ([1, 2, 3], [5, 5, 5], "customers with a repeat purchase"),
        ([1, 2], [5], "as many of one as of the other"),
        ([1, 2], [5, float("inf")], "must be numbers"),
    ],
)
def test_spending_that_no_model_can_be_made_of_is_said_in_words(repeats, mean, why):
    found = spending.fit(repeats, mean)
    assert found.model is None
    assert why in found.reason


def test_a_warning_says_where_who_buys_more_often_spends_more():
    chance = np.random.default_rng(3)
    repeats = chance.integers(1, 20, 500)
    found = spending.fit(repeats, chance.gamma(3, 10, 500) * np.sqrt(repeats))
    assert found.together > spending.TOGETHER
    assert found.warning.startswith("Who buys more often spends more")
