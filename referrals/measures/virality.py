"""How far the program grows by itself."""

import math

from advocacy.measures.intervals import rate


def k(invitations, advocates, conversions):
    """K = i · c of a cycle: i = invitations ÷ eligible advocates, c = conversions ÷ those same invitations.

    Returns (K, i, c); each is None where its denominator is 0.
    """
    sent, came = rate(invitations, advocates), rate(conversions, invitations)
    return (None if sent is None or came is None else sent * came), sent, came


def k_of_cohort(friends, advocates):
    """Distinct friends who converted within W days of their advocate's enrolment ÷ advocates enrolled in the cohort."""
    return rate(friends, advocates)


def growth(begin, factor, time, cycle):
    """Customers after ``time`` when each brings ``factor`` (K) new ones in each ``cycle``; times in one unit.

    N(t) = N₀ · (K^(t/ct + 1) − 1) ÷ (K − 1), for K = 1 N₀ · (t/ct + 1). Without bound: infinite where K^… is.
    """
    if begin < 0 or factor < 0 or time < 0 or cycle <= 0:
        raise ValueError("Customers, K and time are 0 or more, a cycle is longer than 0.")
    cycles = time / cycle + 1
    if factor == 0:
        return float(begin)
    power = cycles * math.log(factor)
    if abs(factor - 1) < 1e-12:  # noqa: PLR2004 - as good as 1: the quotient is 0 ÷ 0
        return begin * cycles
    try:
        return begin * math.expm1(power) / (factor - 1)
    except OverflowError:
        return math.inf
