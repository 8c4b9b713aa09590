"""How much a customer spends: the Gamma-Gamma model (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

What a customer spends in a period varies around a mean of their own (gamma: shape p), and those means vary between
customers (gamma: q, v). It takes it that how often somebody buys says nothing of how much; ``fit`` says where the two
go together. Of a customer enough is known by ``repeats`` x, the periods with a purchase after the first, and ``mean``
m, what they spent in one of these on average: arrays of one length, in any one unit of money.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

_BOUND, _EDGE = 12.0, 1e-6
_STARTS = ((1.0, 1.0, 0.0), (0.0, 1.5, 1.0), (2.0, 1.2, 1.5))
# From here on, "how much" and "how often" are said to go together.
TOGETHER = 0.3
# The steepest slope at a point that is called the top.
_LEVEL = 1e-7


@dataclass(frozen=True)
class Spend:
    """The three parameters; ``v`` in the unit of money it was fitted on."""

    p: float
    q: float
    v: float

    @property
    def mean(self):
        """What a customer of whom nothing is known spends in a period; without end where q is not above 1."""
        return self.v * self.p / (self.q - 1) if self.q > 1 else float("inf")


@dataclass(frozen=True)
class SpendFit:
    """``model`` is None where ``reason`` says why; ``together``: the correlation of x and m; ``warning``: of that."""

    model: object
    reason: str
    customers: int
    together: float | None = None
    warning: str = ""


def fit(repeats, mean, *, weights=None):
    """The model of the greatest likelihood, of customers with a repeat purchase and a positive mean; a ``SpendFit``."""
    x, m = np.asarray(repeats, dtype=float), np.asarray(mean, dtype=float)
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if x.shape != m.shape or not (np.isfinite(x).all() and np.isfinite(m).all()):
        return SpendFit(None, "Repeats and means must be numbers, and as many of one as of the other.", 0)
    used = (x > 0) & (m > 0)
    x, m, weights = x[used], m[used], weights[used]
    customers = int(weights.sum())
    if customers < 2 or np.ptp(m) == 0:  # noqa: PLR2004 - one value has no spread
        return SpendFit(None, "It takes customers with a repeat purchase who do not all spend the same.", customers)
    together = _correlation(x, m, weights)
    unit = float(np.average(m, weights=weights))
    question = _Question(x, m / unit, weights)
    best = min((_climb(question, start) for start in _STARTS), key=lambda found: found.fun)
    p, q, v = np.exp(best.x).tolist()
    if not _arrived(best) or np.abs(best.x).max() > _BOUND - _EDGE:
        return SpendFit(None, "The model did not converge.", customers, together)
    if q <= 1:
        return SpendFit(None, "A few spend so much that the mean has no end.", customers, together)
    warning = ""
    if abs(together) >= TOGETHER:
        warning = (
            f"Who buys more often spends {'more' if together > 0 else 'less'}: the model takes it that they do not."
        )
    return SpendFit(Spend(p, q, v * unit), "", customers, together, warning)


def expected(model, repeats, mean):
    """What each customer will spend in a period on average: E[M], as an array; ``model.mean`` without a repeat."""
    x, m = np.asarray(repeats, dtype=float), np.asarray(mean, dtype=float)
    own = model.p * x / (model.p * x + model.q - 1)
    return (1 - own) * model.mean + own * np.where(x > 0, m, 0.0)


def log_likelihood(model, repeats, mean):
    """Of each customer with a repeat purchase, as an array."""
    x, m = np.asarray(repeats, dtype=float), np.asarray(mean, dtype=float)
    p, q, v = model.p, model.q, model.v
    return (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
        + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(x * m + v)
    )  # fmt: skip


class _Question:
    """The mean of minus the log-likelihood and its gradient, by the logarithms of the parameters."""

    def __init__(self, x, m, weights):
        self.share = weights / weights.sum()
        self.x, self.m = x, m
        self.counts, which = np.unique(x, return_inverse=True)
        self.sizes = np.bincount(which, weights=self.share)
        self.log_m, self.spent = np.log(m), x * m
        self.log_spent = np.log(self.spent)

    def __call__(self, logs):
        p, q, v = np.exp(logs)
        x, n, share = self.counts, self.sizes, self.share
        whole = np.log(self.spent + v)
        power = p * self.x
        value = (
            n @ (gammaln(p * x + q) - gammaln(p * x)) - gammaln(q) + q * np.log(v)
            + share @ (power * self.log_spent - self.log_m - (power + q) * whole)
        )  # fmt: skip
        of_p = n @ (x * (digamma(p * x + q) - digamma(p * x))) + share @ (self.x * (self.log_spent - whole))
        of_q = n @ digamma(p * x + q) - digamma(q) + np.log(v) - share @ whole
        of_v = q / v - share @ ((power + q) / (self.spent + v))
        return -value, -np.array([of_p * p, of_q * q, of_v * v])


def _climb(question, start):
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
    return minimize(question, start, jac=True, method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 3, options=options)


def _arrived(best):
    """Also where the last step of the search led nowhere any more, as at the top none does."""
    return best.success or np.abs(best.jac).max() < _LEVEL


def _correlation(x, m, weights):
    if np.ptp(x) == 0:
        return 0.0
    covariance = np.cov(x, m, aweights=weights)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
