"""How often a customer will buy: the BG/NBD model (Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way).

While alive a customer buys at random at a rate of their own (gamma: shape r, rate alpha) and after each purchase leaves
for good with a chance of their own (beta: a, b). Of a customer enough is known by

* ``repeats`` x: periods with a purchase after the first one,
* ``recency`` t_x: time from the first purchase to the last one, 0 where there was no other,
* ``age`` T: time from the first purchase until now,

arrays of one length, both times in one unit (weeks, say), which is then the unit of alpha and of every ``ahead``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

# Of a parameter's logarithm. Beyond e^±12 the model's curves no longer change, but the fit would walk on for ever.
_BOUND, _EDGE = 12.0, 1e-6
_STARTS = ((0.0, 0.0, 0.0, 0.0), (-1.5, 0.0, -0.5, 1.0), (1.0, 1.0, -1.0, 1.5))
# How far from a removable singularity of the formulas its value is the mean of both sides.
_NEAR = 1e-5
_AT_ONCE = 100_000
# The steepest slope at a point that is called the top.
_LEVEL = 1e-7


@dataclass(frozen=True)
class Frequency:
    """The four parameters; ``alpha`` in the unit of the times it was fitted on."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Fit:
    """``model`` is None where ``reason`` says why there is none: then nothing may be predicted."""

    model: object
    reason: str
    customers: int
    log_likelihood: float | None = None
    steps: int = 0


def refused(repeats, recency, age):
    """Why these are no histories of customers, in words, or an empty text."""
    arrays = [np.asarray(each, dtype=float) for each in (repeats, recency, age)]
    if len({each.shape for each in arrays}) > 1 or arrays[0].ndim != 1:
        return "Repeats, recency and age must be lists of one length."
    repeats, recency, age = arrays
    if not all(np.isfinite(each).all() for each in arrays):
        return "Repeats, recency and age must be numbers."
    if (repeats < 0).any() or (repeats != np.floor(repeats)).any():
        return "Repeats are whole numbers, 0 or more."
    if (recency < 0).any() or (recency > age).any():
        return "Recency lies between 0 and age."
    if ((repeats == 0) & (recency > 0)).any() or ((repeats > 0) & (recency == 0)).any():
        return "Recency is 0 for who bought once, and only for them."
    return ""


def log_likelihood(model, repeats, recency, age):
    """Of each customer: ln[A1 · A2 · (A3 + [x>0] · A4)], as an array."""
    x, recency, age = (np.asarray(each, dtype=float) for each in (repeats, recency, age))
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    alive, gone = _ways(model, x, recency, age)
    return (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        + np.logaddexp(alive, gone)
    )  # fmt: skip


def fit(repeats, recency, age, *, weights=None):
    """The model of the greatest likelihood, as a ``Fit``; ``weights`` says how many customers share each history."""
    said = refused(repeats, recency, age)
    x, recency, age = (np.asarray(each, dtype=float) for each in (repeats, recency, age))
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    customers = int(weights.sum())
    if said or not (weights[x > 0]).any():
        return Fit(None, said or "Nobody has bought a second time yet.", customers)
    if not (weights[x == 0]).any() and (age[x > 0] == recency[x > 0]).all():
        return Fit(None, "Everybody bought in the last period: nobody can have left.", customers)
    unit = float(np.average(age, weights=weights)) or 1.0
    question = _Question(x, recency / unit, age / unit, weights)
    best = min((_climb(question, start) for start in _STARTS), key=lambda found: found.fun)
    if not _arrived(best) or np.abs(best.x).max() > _BOUND - _EDGE:
        return Fit(None, f"The model did not converge ({_said(best)}).", customers, steps=best.nit)
    r, alpha, a, b = np.exp(best.x).tolist()
    likely = float(-best.fun * weights.sum() - weights @ x * np.log(unit))
    return Fit(Frequency(r, alpha * unit, a, b), "", customers, likely, best.nit)


def alive(model, repeats, recency, age):
    """The probability that each customer will buy again at all; 1 for who bought once, as the model has it."""
    x, recency, age = (np.asarray(each, dtype=float) for each in (repeats, recency, age))
    here, gone = _ways(model, x, recency, age)
    return np.exp(here - np.logaddexp(here, gone))


def expected(model, ahead):
    """Repeat purchases of somebody new within ``ahead`` of the first one: E[X(t)]."""
    return float(_until(model, np.zeros(1), np.zeros(1), ahead)[0])


def expected_of(model, repeats, recency, age, ahead):
    """Purchases of each customer within ``ahead`` from now: E[Y(t) | x, t_x, T], as an array."""
    x, recency, age = (np.asarray(each, dtype=float) for each in (repeats, recency, age))
    parts = [slice(at, at + _AT_ONCE) for at in range(0, len(x), _AT_ONCE)]
    told = [
        _until(model, x[part], age[part], ahead) * alive(model, x[part], recency[part], age[part]) for part in parts
    ]
    return np.concatenate(told) if told else np.zeros(0)


def _until(model, x, age, ahead):
    """((a+b+x−1) ÷ (a−1)) · [1 − ((α+T) ÷ (α+T+t))^(r+x) · ₂F₁(r+x, b+x; a+b+x−1; t ÷ (α+T+t))], who is alive.

    By Pfaff's transformations the product is (1+u)^(1−a) · ₂F₁(a+b−1−r, a−1; a+b+x−1; u ÷ (1+u)) with u = t ÷ (α+T):
    no x in the powers, so that nothing overflows.
    Where a = 1, or a+b+x = 1, a factor is 0 and another has no end; the value is taken from both sides.
    """
    a, b = model.a, model.b
    if abs(a - 1) < _NEAR:
        return _between(model, x, age, ahead, a=(1 - 2 * _NEAR, 1 + 2 * _NEAR))
    if abs(a + b - 1) < _NEAR and (x == 0).any():
        return _between(model, x, age, ahead, b=(1 - a - 2 * _NEAR, 1 - a + 2 * _NEAR))
    c, u = a + b + x - 1, ahead / (model.alpha + age)
    rest = (1 + u) ** (1 - a) * hyp2f1(a + b - 1 - model.r, a - 1, c, u / (1 + u))
    return np.maximum(c / (a - 1) * (1 - rest), 0.0)


def _between(model, x, age, ahead, **sides):
    """Along the line from one side of the singularity to the other."""
    ((name, (low, high)),) = sides.items()
    first, second = (_until(Frequency(**{**vars(model), name: side}), x, age, ahead) for side in (low, high))
    return first + (second - first) * (getattr(model, name) - low) / (high - low)


def _ways(model, x, recency, age):
    """ln A3 (still alive) and ln A4 (left after the last purchase); who bought once cannot have left."""
    here = -(model.r + x) * np.log(model.alpha + age)
    with np.errstate(divide="ignore"):
        left = np.log(model.a) - np.log(np.where(x > 0, model.b + x - 1, np.inf))
    return here, left - (model.r + x) * np.log(model.alpha + recency)


class _Question:
    """The mean of minus the log-likelihood and its gradient, by the logarithms of the parameters."""

    def __init__(self, x, recency, age, weights):
        self.share = weights / weights.sum()
        self.x, self.recency, self.age = x, recency, age
        # Gamma functions of x are asked once for each x there is, not for each customer.
        self.counts, self.which = np.unique(x, return_inverse=True)
        self.sizes = np.bincount(self.which, weights=self.share)
        self.bought = x > 0

    def __call__(self, logs):
        r, alpha, a, b = np.exp(logs)
        x, n, share = self.counts, self.sizes, self.share
        here, left = np.log(alpha + self.age), np.log(alpha + self.recency)
        ratio = np.log(a) - np.log(np.where(x > 0, b + x - 1, 1.0))
        power = r + self.x
        # ln(A4 ÷ A3); its logistic is the chance to have left.
        odds = np.where(self.bought, ratio[self.which] + power * (here - left), -np.inf)
        gone = 1 / (1 + np.exp(-np.clip(odds, -700, 700))) * self.bought
        value = (
            n @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha))
            + n @ (gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x))
            + share @ (np.logaddexp(0, odds) - power * here)
        )
        lost = np.bincount(self.which, weights=share * gone)
        of_r = n @ (digamma(r + x) - digamma(r) + np.log(alpha)) - share @ (here + gone * (left - here))
        rates = (1 - gone) / (alpha + self.age) + gone / (alpha + self.recency)
        of_alpha = r / alpha - share @ (power * rates)
        both = digamma(a + b) - digamma(a + b + x)
        of_a = n @ both + lost.sum() / a
        of_b = n @ (both + digamma(b + x) - digamma(b)) - lost[x > 0] @ (1 / (b + x[x > 0] - 1))
        return -value, -np.array([of_r * r, of_alpha * alpha, of_a * a, of_b * b])


def _climb(question, start):
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
    return minimize(question, start, jac=True, method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 4, options=options)


def _arrived(best):
    """Also where the last step of the search led nowhere any more, as at the top none does."""
    return best.success or np.abs(best.jac).max() < _LEVEL


def _said(best):
    if np.abs(best.x).max() > _BOUND - _EDGE:
        return "these purchases fit any value of a parameter"
    return str(best.message).lower().strip(" .")
