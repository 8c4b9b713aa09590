"""Two groups of customers against each other over each horizon: as they are, and among those who began alike."""

from fractions import Fraction

from advocacy import money
from advocacy.measures import intervals
from referrals.lifetime_value import words
from referrals.lifetime_value.sums import NOBODY
from referrals.models import HORIZONS

DIGITS = 5


def over_horizons(group, others, *, strata, share=1, called=("referred", "other"), nobody=False):
    """A dictionary for each horizon; ``group`` and ``others``: ``{days: Worth}``, of which ``share`` counts.

    ``strata``: pairs of such dictionaries, one for each kind of customer; None where they are not matched.
    """
    group, others = _times(group, share), _times(others, share)
    strata = strata and [[_times(side, share) for side in pair] for pair in strata]
    return [
        _compared(days, group.get(days, NOBODY), others.get(days, NOBODY), called=called, nobody=nobody)
        | {"matched": _matched(days, strata)}
        for days in HORIZONS
    ]


def _times(worths, share):
    return worths if share == 1 else {days: each.times(share) for days, each in worths.items()}


def _compared(days, group, others, *, called, nobody):
    one, two = group.sample, others.sample
    interval = intervals.welch(one, two)
    comparable = interval is not None
    reason = None if comparable else words.too_few(one.size, two.size, days, nobody=nobody, words=called)
    return {
        "definition": {"id": "lifetime_value", "sentence": words.DEFINITION},
        "horizon_days": days,
        "group": _group(group),
        "others": _group(others),
        "difference_minor": _whole(one.mean - two.mean) if comparable else None,
        "interval_minor": _whole_interval(interval),
        "ratio": round(float(one.mean / two.mean), DIGITS) if comparable and two.mean else None,
        "reason": words.NO_RATIO if comparable and not two.mean else reason,
    }


def _group(worth):
    size = worth.sample.size
    rate, interval = intervals.rate(worth.again, size), intervals.wilson(worth.again, size)
    return {
        "customers": size,
        "too_young": worth.too_young,
        "mean_minor": _whole(worth.sample.mean) if size else None,
        "ordered_again": worth.again,
        "repeat_rate": None if rate is None else round(rate, DIGITS),
        "repeat_interval": interval and [round(end, DIGITS) for end in interval],
    }


def _matched(days, strata):
    # It brings SciPy, which takes longer to load than all else that whoever records orders needs.
    from referrals.measures.worth import matched  # noqa: PLC0415

    pairs = [(one.get(days, NOBODY).sample, two.get(days, NOBODY).sample) for one, two in strata or ()]
    found = matched(pairs)
    return {
        "definition": {"id": "lifetime_value_matched", "sentence": words.MATCHED},
        "difference_minor": None if found.difference is None else _whole(found.difference),
        "interval_minor": _whole_interval(found.interval),
        "strata": found.strata,
        "dropped": found.dropped,
        "reason": words.unmatched(found, days, compared=strata is not None),
    }


def _whole_interval(interval):
    return [_whole(end) for end in interval] if interval else None


def _whole(amount):
    return money.round_half_up(Fraction(amount))
