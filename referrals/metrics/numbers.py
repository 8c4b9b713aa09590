"""The numbers of all periods that an answer shows, read at once: ``{window: numbers}``, see ``reading``."""

from referrals.metrics import reading, uncounted
from referrals.metrics.catalogue import METRICS, TIMES
from referrals.metrics.periods import DAY, rolling

_ROLLED = {end for metric in METRICS.values() if metric.rolling for end in (metric.numerator, metric.denominator)}


def read(questions, metrics, *, compare=False):
    """Of each question its period, the one before where they are compared, and those it is grouped by."""
    windows, rolled = [], []
    for question in questions:
        parts = question.parts if question.group_by in TIMES else []
        for days in (question.days, *([question.before] if compare else ()), *parts):
            windows.append(question.window(days))
            if any(metric.rolling for metric in metrics.values()):
                rolled.append(question.window(rolling(days)))
    if not questions:
        return {}
    if not questions[0].live:
        # Zones differ by a day at most, as their storefronts do.
        return reading.windows(windows, sums=rolled, kept_after=min(each.kept_after for each in questions))
    found = reading.counted(windows, zone=questions[0].zone, columns=needed(metrics))
    more = [window for window in dict.fromkeys(rolled) if window not in found]
    found |= reading.counted(more, zone=questions[0].zone, columns=_ROLLED)
    for window, numbers in found.items():
        # A visitor's clicks of the day before say whether they are new.
        gone = window[1] - DAY <= questions[0].kept_after
        numbers["clicks_gone"] = gone or _before(window, numbers, questions)
    return found


def _before(window, numbers, questions):
    """Whether something came of clicks from before the program was here."""
    program = next(each.program for each in questions if each.program.pk == window[0])
    came = any(numbers.get(name) for name in ("referrals", "bound_of_clicked", "conversions"))
    return came and not numbers.get("clicks") and window[1] < uncounted.began(program)


def needed(metrics):
    """The columns that these metrics are made of; None: all, where all are shown."""
    if len(metrics) == len(METRICS):
        return None
    return {end for each in metrics.values() for end in (each.numerator, each.denominator, *(each.cohort or ()))}
