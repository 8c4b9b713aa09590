"""What customers of two kinds are worth against each other, and how many come back."""

import math
from collections import defaultdict
from dataclasses import dataclass

from scipy.special import stdtrit

from advocacy.measures.intervals import CONFIDENCE, rate


@dataclass(frozen=True)
class Matched:
    """The difference within alike customers: None where no stratum holds both. ``dropped``: customers left out."""

    difference: float | None
    interval: tuple | None
    strata: int
    dropped: int


def matched(strata, *, confidence=CONFIDENCE):
    """The mean difference of referred and other customers among alike ones, weighted by the referred.

    ``strata``: pairs of ``intervals.Sample`` (referred, others), one for each kind of customer (month of the first
    order, revenue band of it, segment). Strata without both kinds are dropped. The variance of a mean of few comes
    from the spread within all strata of its kind, as a stratum of one has none (stratified estimator, Cochran 1977,
    ch. 5); degrees of freedom by Satterthwaite (1946).
    """
    used = [(one, two) for one, two in strata if one.size and two.size]
    dropped = sum(one.size + two.size for one, two in strata if not (one.size and two.size))
    weight = sum(one.size for one, _ in used)
    if not weight:
        return Matched(None, None, 0, dropped)
    # Whole numbers until one division each: exact like fractions, and strata may be thousands.
    apart = (one.total * two.size - two.total * one.size for one, two in used)
    difference = math.fsum(each / two.size for each, (_, two) in zip(apart, used, strict=True)) / weight
    kinds = [_within([pair[kind] for pair in used]) for kind in (0, 1)]
    if None in kinds:
        return Matched(difference, None, len(used), dropped)
    parts = [
        spread * sum((one.size / weight) ** 2 / (one, two)[kind].size for one, two in used)
        for kind, (spread, _) in enumerate(kinds)
    ]
    variance = sum(parts)
    if not variance:
        return Matched(difference, (difference, difference), len(used), dropped)
    freedom = variance**2 / sum(part**2 / free for part, (_, free) in zip(parts, kinds, strict=True))
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(variance)
    return Matched(difference, (difference - reach, difference + reach), len(used), dropped)


def _within(samples):
    """The variance within samples put together, and its degrees of freedom; None where there are none of these."""
    free = sum(each.size - 1 for each in samples)
    if not free:
        return None
    spread = math.fsum((each.squares * each.size - each.total**2) / each.size for each in samples)
    return spread / free, free


def retention(active, size):
    """Customers of a cohort who were active in a period ÷ the cohort's size."""
    return rate(active, size)


def repeat_rate(twice, once):
    """Customers with two orders or more ÷ with one or more, in the same closed window."""
    return rate(twice, once)


def triangle(active, sizes):
    """``{cohort: [R(0), R(1), …]}`` of ``active``, ``{(cohort, period): customers}``, and the cohorts' sizes."""
    rows = defaultdict(dict)
    for (cohort, period), customers in active.items():
        rows[cohort][period] = retention(customers, sizes[cohort])
    return {cohort: [row.get(period, 0.0) for period in range(max(row) + 1)] for cohort, row in sorted(rows.items())}
