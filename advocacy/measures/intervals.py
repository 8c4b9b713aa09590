"""Intervals of rates and of differences between means. Pure."""

import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

CONFIDENCE = 0.95


def rate(part, whole):
    """``part ÷ whole``, or None where there is no whole; may exceed 1 and is never clamped."""
    return part / whole if whole else None


def wilson(part, whole, *, confidence=CONFIDENCE):
    """The Wilson score interval of a share (Wilson 1927), or None where ``part`` is no share of ``whole``.

    A friend may come without a click, so a later step can exceed an earlier one: such a rate has a value
    but no interval of this kind.
    """
    if not 0 <= part <= whole or not whole:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = part / whole, z * z / whole
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    # At the ends the formula is exactly 0 or 1; floating point may miss it by a hair, on the wrong side.
    return (0.0 if part == 0 else middle - reach, 1.0 if part == whole else middle + reach)


@dataclass(frozen=True)
class Sample:
    """What is enough of a sample for its mean and variance: its size, sum and sum of squares, as integers."""

    size: int
    total: int
    squares: int

    @property
    def mean(self):
        return Fraction(self.total, self.size) if self.size else None

    @property
    def variance(self):
        """Of the sample (n − 1), exact: sums of squares of cents would lose all digits as floats."""
        if self.size < 2:  # noqa: PLR2004 - one value has no spread
            return None
        return (self.squares - Fraction(self.total**2, self.size)) / (self.size - 1)


def count_interval(sample, *, confidence=CONFIDENCE):
    """The interval of a mean of counts, as floats: the t interval; where all are alike that would have no width, and it
    is the exact one of their sum as a Poisson number (Garwood 1936). None of fewer than two.
    """
    if sample.variance is None or sample.variance:
        return mean_interval(sample, confidence=confidence)
    from scipy.special import gammaincinv  # noqa: PLC0415 - as in _student

    tail = (1 - confidence) / 2
    low = float(gammaincinv(sample.total, tail)) if sample.total else 0.0
    return (low / sample.size, float(gammaincinv(sample.total + 1, 1 - tail)) / sample.size)


def _student(freedom, probability):
    # SciPy takes longer to load than everything else that records orders, and few processes ever ask for an interval.
    from scipy.special import stdtrit  # noqa: PLC0415

    return stdtrit(freedom, probability)


def welch(first, second, *, confidence=CONFIDENCE):
    """The interval of ``first.mean − second.mean`` without assuming equal variances (Welch 1947).

    Returns (low, high) as floats, or None where a sample has fewer than two values.
    """
    if first.variance is None or second.variance is None:
        return None
    one, two = first.variance / first.size, second.variance / second.size
    difference = float(first.mean - second.mean)
    if not one + two:
        return (difference, difference)
    freedom = (one + two) ** 2 / (one**2 / (first.size - 1) + two**2 / (second.size - 1))
    reach = float(_student(float(freedom), (1 + confidence) / 2)) * math.sqrt(one + two)
    return (difference - reach, difference + reach)


def mean_interval(sample, *, confidence=CONFIDENCE):
    """The t interval of a sample's mean (Student 1908), as floats; None of fewer than two values."""
    if sample.variance is None:
        return None
    reach = float(_student(sample.size - 1, (1 + confidence) / 2)) * math.sqrt(sample.variance / sample.size)
    return (float(sample.mean) - reach, float(sample.mean) + reach)


# Of fewer days the spread of a ratio between them is not known well enough.
LEAST_DAYS = 14


def ratio(days, *, confidence=CONFIDENCE):
    """The interval of Σ y ÷ Σ x over ``days``, pairs (y, x) of numbers: each day is drawn with all that happened on it.

    By linearisation (Cochran 1977, 6.4): with e = y − R · x the variance of R is n · Σ e² ÷ ((n − 1) · (Σ x)²). Returns
    (low, high) as floats; None of fewer than ``LEAST_DAYS`` days, or where Σ x is 0.
    """
    whole = sum(x for _, x in days)
    if len(days) < LEAST_DAYS or not whole:
        return None
    value = float(sum(y for y, _ in days) / whole)
    squares = math.fsum((float(y) - value * float(x)) ** 2 for y, x in days)
    freedom = len(days) - 1
    reach = float(_student(freedom, (1 + confidence) / 2)) * math.sqrt(len(days) * squares / freedom) / float(whole)
    return (value - reach, value + reach)
