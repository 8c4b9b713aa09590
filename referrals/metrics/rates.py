"""A metric of some numbers: its value with all that it takes to judge it. Pure but for the words."""

from advocacy.measures import intervals
from referrals.metrics.catalogue import COHORTS, COUNTS, EXCEEDS, NO_STEP_BEFORE, NOTHING, OF_CLICKS, TIME, uncut
from referrals.metrics.periods import clicks_are_gone, rolling
from referrals.rollups.questions import HOURS

DIGITS = 5
_TOO_LONG = f"It took longer than {HOURS[-1] // 24} days."


def rates(question, metrics, days, found, *, cut=False):
    """``{id: answer}`` of these metrics for a period, of ``found`` (``numbers.read``), or of a part of it by a cut."""
    told = {}
    for name, metric in metrics.items():
        own = rolling(days) if metric.rolling else days
        numbers = found.get(question.window(own))
        told[name] = _answer(metric, _measured(question, metric, numbers, cut)) | question.told(own, metric)
    return told


def compared(told, before):
    """Each rate with the one of the period before, and how much it changed."""
    for name, now in told.items():
        past = before[name]
        now["previous"] = {key: past[key] for key in ("numerator", "denominator", "value", "interval", "period")}
        known = now["value"] is not None and past["value"] is not None
        now["change"] = round(now["value"] - past["value"], DIGITS) if known else None


def definition(name):
    return {"id": name, "sentence": (COUNTS | COHORTS)[name]}


def _measured(question, metric, numbers, cut):
    """(numerator, denominator, value, interval, reason), and what else there is."""
    ends = (metric.numerator, metric.denominator) if question.view == "calendar" else metric.cohort
    if reason := uncut(metric, question.group_by if cut else None) or ("" if ends else NO_STEP_BEFORE):
        return None, None, None, None, reason
    if numbers["clicks_gone"] and set(ends) & set(OF_CLICKS):
        return None, None, None, None, clicks_are_gone()
    return _time(numbers["times"]) if metric.id == TIME else _rate(numbers, *ends)


def _time(times):
    part, value = sum(times), quantile(times, 0.5)
    reason = NOTHING["times"] if not part else "" if value is not None else _TOO_LONG
    return part, part, value, None, reason, {"unit": "hours", "p90": quantile(times, 0.9)}


def _rate(numbers, part_of, whole_of):
    part, whole = numbers[part_of], numbers[whole_of]
    value, interval = intervals.rate(part, whole), intervals.wilson(part, whole)
    reason = NOTHING[whole_of] if value is None else "" if interval else EXCEEDS
    value = None if value is None else round(value, DIGITS)
    return part, whole, value, [round(end, DIGITS) for end in interval] if interval else None, reason


def _answer(metric, told):
    part, whole, value, interval, reason, *more = told
    return {
        "definition": {"id": metric.id, "sentence": metric.sentence},
        "numerator": part,
        "denominator": whole,
        "value": value,
        "interval": interval,
        "reason": reason or None,
        "unit": "share",
        "p90": None,
        "previous": None,
        "change": None,
    } | (more[0] if more else {})


def quantile(times, share):
    """Hours from the click within which ``share`` converted; inside its bucket as if spread evenly.

    None where there was nothing, or where it lies in the bucket that has no end.
    """
    wanted, before = sum(times) * share, 0
    for bucket, number in enumerate(times):
        if number and before + number >= wanted:
            if bucket == len(HOURS):
                return None
            first = HOURS[bucket - 1] if bucket else 0
            return round(first + (HOURS[bucket] - first) * (wanted - before) / number, 2)
        before += number
    return None
