import pytest

from advocacy.measures import intervals
from advocacy.measures.intervals import Sample


def sample(*values):
    return Sample(size=len(values), total=sum(values), squares=sum(value**2 for value in values))


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (5, 100, 0.02154, 0.11175),
        (0, 20, 0, 0.16113),
        (81, 263, 0.25529, 0.36621),
        (1, 1, 0.20655, 1),
    ],
)
def test_a_share_has_its_wilson_interval(part, whole, low, high):
    assert tuple(round(end, 5) for end in intervals.wilson(part, whole)) == (low, high)


@pytest.mark.parametrize(("part", "whole"), [(0, 20), (20, 20), (0, 3), (3, 3)])
def test_an_interval_of_a_share_does_not_leave_nought_to_one(part, whole):
    low, high = intervals.wilson(part, whole)
    assert 0 <= low <= part / whole <= high <= 1


def test_nothing_of_nothing_has_no_rate_and_no_interval():
    assert intervals.rate(0, 0) is None
    assert intervals.rate(3, 0) is None
    assert intervals.wilson(0, 0) is None


def test_more_than_the_whole_keeps_its_value_and_has_no_wilson_interval():
    assert intervals.rate(3, 2) == 1.5
    assert intervals.wilson(3, 2) is None


def test_a_sample_knows_its_mean_and_variance_from_sums():
    assert sample(2, 4, 4, 4, 5, 5, 7, 9).mean == 5
    assert sample(2, 4, 4, 4, 5, 5, 7, 9).variance * 7 == 32


def test_the_variance_of_large_amounts_that_hardly_differ_is_exact():
    assert sample(10**12, 10**12 + 1, 10**12 + 2).variance == 1


def test_one_value_has_a_mean_and_no_variance():
    assert sample(7).mean == 7
    assert sample(7).variance is None
    assert sample().mean is None


def test_the_difference_of_two_means_has_its_welch_interval():
    # Means 3 and 6, standard error √(0.5 + 2), 100 ÷ 17 degrees of freedom: quantile 2.458824.
    low, high = intervals.welch(sample(1, 2, 3, 4, 5), sample(2, 4, 6, 8, 10))
    assert (round(low, 5), round(high, 5)) == (-6.88774, 0.88774)


def test_samples_without_any_spread_differ_by_exactly_that():
    assert intervals.welch(sample(5, 5), sample(3, 3, 3)) == (2.0, 2.0)


def test_a_group_of_one_cannot_be_compared():
    assert intervals.welch(sample(5), sample(1, 2, 3)) is None
    assert intervals.welch(sample(1, 2, 3), sample()) is None


@pytest.mark.parametrize(("counts", "low", "high"), [([0] * 34, 0, 3.68888 / 34), ([1] * 10, 0.479539, 1.839036)])
def test_counts_that_are_all_alike_have_the_exact_interval_of_their_sum(counts, low, high):
    """Garwood 1936: of 0 events 0 to 3.689, of 10 events 4.795 to 18.390."""
    assert intervals.count_interval(sample(*counts)) == pytest.approx((low, high), abs=1e-5)
    assert intervals.count_interval(sample(1)) is None
    assert intervals.count_interval(sample(0, 1, 2)) == intervals.mean_interval(sample(0, 1, 2))
