import math

import pytest

from advocacy.measures.intervals import Sample
from referrals.measures import cost, virality, worth


def sample(*values):
    return Sample(len(values), sum(values), sum(value**2 for value in values))


@pytest.mark.parametrize(
    ("invitations", "advocates", "conversions", "k"),
    [(400, 100, 100, 1.0), (300, 100, 45, 0.45), (1800, 1000, 468, 0.468), (0, 100, 0, None), (5, 0, 1, None)],
)
def test_k_is_invitations_of_each_times_what_comes_of_them(invitations, advocates, conversions, k):
    said, _, _ = virality.k(invitations, advocates, conversions)
    assert said == pytest.approx(k)


def test_k_of_a_cohort_counts_friends_of_its_advocates():
    assert (virality.k_of_cohort(30, 120), virality.k_of_cohort(0, 0)) == (0.25, None)


@pytest.mark.parametrize(
    ("factor", "time", "customers"),
    [(2, 0, 10), (2, 30, 30), (2, 60, 70), (1, 60, 30), (0.5, 60, 17.5), (0, 60, 10), (1 + 1e-9, 60, 30)],
)
def test_growth_adds_one_cycle_after_another(factor, time, customers):
    assert virality.growth(10, factor, time, 30) == pytest.approx(customers)


def test_growth_without_bound_is_infinite_and_nonsense_is_refused():
    assert virality.growth(10, 3, 10**6, 1) == math.inf
    with pytest.raises(ValueError, match="longer than 0"):
        virality.growth(10, 2, 30, 0)


def test_alike_customers_are_compared_by_the_weight_of_the_referred():
    # Differences 10 (of two referred) and 40 (of one): (2 · 10 + 40) ÷ 3.
    strata = [(sample(60, 80), sample(50, 70)), (sample(100), sample(50, 70)), (sample(500), sample())]
    found = worth.matched(strata)
    assert (found.difference, found.strata, found.dropped) == (20, 2, 1)
    # Within: 200 of one degree of freedom, and 200 of two. Variance 200 · (4 ÷ 18 + 1 ÷ 9) + 200 · (4 ÷ 18 + 1 ÷ 18),
    # degrees of freedom 2.494845: quantile 3.579941.
    assert found.interval == pytest.approx((20 - 39.57778, 20 + 39.57778), abs=1e-4)


def test_a_difference_that_only_the_mix_makes_goes_when_alike_are_compared():
    cheap, dear = (sample(10, 12), sample(*[10, 12] * 9)), (sample(*[100, 102] * 9), sample(100, 102))
    raw = float(sample(10, 12, *[100, 102] * 9).mean - sample(100, 102, *[10, 12] * 9).mean)
    assert raw == pytest.approx(72)
    assert worth.matched([cheap, dear]).difference == 0


def test_without_both_kinds_nothing_is_compared():
    assert worth.matched([(sample(1, 2), sample()), (sample(), sample(3))]) == worth.Matched(None, None, 0, 3)
    assert worth.matched([(sample(5), sample(3))]) == worth.Matched(2, None, 1, 0)
    assert worth.matched([(sample(5, 5), sample(3, 3))]) == worth.Matched(2, (2, 2), 1, 0)


def test_retention_is_a_row_for_each_cohort():
    active = {("2026-01", 0): 4, ("2026-01", 2): 1, ("2026-02", 0): 2, ("2026-02", 1): 1}
    assert worth.triangle(active, {"2026-01": 4, "2026-02": 2}) == {"2026-01": [1, 0, 0.25], "2026-02": [1, 0.5]}
    assert (worth.repeat_rate(3, 12), worth.repeat_rate(0, 0)) == (0.25, None)


def test_costs_are_of_the_friends_who_converted():
    assert cost.acquisition_cost(rewards=500, incentives=300, fees=20, program=180, friends=50) == 20
    assert cost.acquisition_cost(rewards=500, incentives=0, fees=0, program=0, friends=0) is None
    assert (cost.return_on_investment(300, 100), cost.return_on_investment(300, 0)) == (2, None)
    assert (cost.forecast(200, credited=45, decided=60), cost.forecast(200, credited=0, decided=0)) == (150, None)


def test_earned_growth_is_what_stayed_and_what_friends_brought():
    assert cost.earned_growth(returning=85, earned=25, last_year=100) == pytest.approx(0.10)
    assert cost.earned_growth(returning=0, earned=5, last_year=0) is None


def test_a_channel_that_moves_twice_as_far_has_a_beta_of_two():
    market = [month / 100 for month in range(12)]
    channel = [2 * each + 0.03 for each in market]
    found = cost.risk(channel, market, free=0.01)
    # Mean of the market 0.055: expected 0.01 + 2 · 0.045, and 0.14 on average.
    assert (found.beta, found.expected, found.alpha) == pytest.approx((2, 0.10, 0.04))


@pytest.mark.parametrize(
    ("months", "why"),
    [([0.1] * 11, "It takes 12 months with costs; there are 11."), ([0.1] * 12, "the same in every month")],
)
def test_a_channel_without_a_year_of_months_has_no_risk(months, why):
    found = cost.risk([*months, None], [*months, 0.2])
    assert (found.beta, found.alpha) == (None, None)
    assert why in found.reason
