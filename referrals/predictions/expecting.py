"""What a night's models expect of customers, in the whole numbers that are kept."""

import numpy as np

from advocacy.expectations import Expected
from referrals.measures import purchases, spending

# The next 12 months.
AHEAD = 365
# A value has so many digits that say something; more would change each night and mean nothing.
DIGITS = 2
_MOST = 9e15


def expected(fit, known):
    """Of customers as ``histories.page`` tells them: ``advocacy.expectations.Expected``."""
    often = purchases.Frequency(fit.r, fit.alpha, fit.a, fit.b)
    history = known["repeats"], known["recency"], known["age"]
    alive, orders = purchases.alive(often, *history), purchases.expected_of(often, *history, AHEAD)
    return Expected(
        customers=known["customer"].tolist(),
        alive=_rounded(alive * 100).tolist(),
        orders_e2=_rounded(orders * 100).tolist(),
        value_minor=_values(fit, known, orders),
    )


def _values(fit, known, orders):
    if fit.p is None:
        return [None] * len(known)
    mean = known["spent"] / np.maximum(known["repeats"], 1)
    values = orders * spending.expected(spending.Spend(fit.p, fit.q, fit.v), known["repeats"], mean)
    sure = np.isfinite(values) & (values >= 0) & (values < _MOST)
    told = to_digits(np.where(sure, values, 0.0)).tolist()
    return [value if known else None for value, known in zip(told, sure.tolist(), strict=True)]


def to_digits(values):
    """12,345 as 12,000, half up; amounts below 100 to whole ones."""
    exponents = np.floor(np.log10(np.maximum(values, 1.0))).astype(np.int64) - (DIGITS - 1)
    units = np.power(10, np.maximum(exponents, 0))
    return np.floor(values / units + 0.5).astype(np.int64) * units


def _rounded(numbers):
    """Half up: the same night after night."""
    return np.floor(numbers + 0.5).astype(np.int64)
