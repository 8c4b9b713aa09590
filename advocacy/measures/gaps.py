"""What customers expected against what they met, touchpoint by touchpoint (Parasuraman, Zeithaml and Berry 1985)."""

from dataclasses import dataclass

from advocacy.measures.intervals import Sample, mean_interval

# Fewer answers would say more of those who gave them than of the touchpoint.
ENOUGH = 5


@dataclass(frozen=True)
class Gap:
    """``value`` is negative where expectations were not met; None, as the interval, below ``ENOUGH`` pairs."""

    value: float | None
    interval: tuple | None
    pairs: int


def gap(pairs):
    """The mean of experience − expectation, of whole-number ``pairs`` (expectation, experience); a ``Gap``."""
    differences = [experience - expectation for expectation, experience in pairs]
    return of_sample(Sample(len(differences), sum(differences), sum(each**2 for each in differences)))


def of_sample(differences):
    """The same of a ``Sample`` of the differences."""
    if differences.size < ENOUGH:
        return Gap(None, None, differences.size)
    return Gap(float(differences.mean), mean_interval(differences), differences.size)


def unmet(found):
    """Whether it is negative and its interval leaves no room for 0."""
    return found.interval is not None and found.interval[1] < 0


def priority(found, *, importance, reach):
    """|gap| · importance · share of customers who passed there; None where the gap is not shown to be unmet."""
    return abs(found.value) * importance * reach if unmet(found) else None


def quadrant(importance, experience, *, mean_importance, mean_experience):
    """Importance against performance (Martilla and James 1977), parted at the means."""
    if importance >= mean_importance:
        return "keep_up" if experience >= mean_experience else "fix_first"
    return "possible_overkill" if experience >= mean_experience else "low_priority"


def closed(baseline, since):
    """Whether an improvement is shown: the interval since lies above the gap it began with."""
    return baseline.value is not None and since.interval is not None and since.interval[0] > baseline.value
