"""What rewards cost, of what happened in a period, and how much of what is pending was credited before."""

from datetime import timedelta

from django.db import connection

LAST = timedelta(days=365)

_OF_PERIOD = """
    SELECT (subject.occurred_at AT TIME ZONE %(zone)s)::date, reward.side, reward.unit,
        sum(available_minor + reserved_minor + spent_minor + paid_minor + waived_minor)
    FROM rewards_subject subject JOIN rewards_reward reward ON reward.subject_id = subject.id
    WHERE subject.program_id = %(program)s AND subject.occurred_at >= %(start)s AND subject.occurred_at < %(end)s
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
# What was granted and is decided: its hold is over, whatever became of it.
_DECIDED = """
    SELECT unit, sum(available_minor + reserved_minor + spent_minor + paid_minor + expired_minor + waived_minor),
        sum(granted_minor), sum(expired_minor)
    FROM rewards_reward
    WHERE program_id = %(program)s AND due_at >= %(since)s AND due_at < %(at)s AND pending_minor = 0
    GROUP BY 1 ORDER BY 1
    """
_PENDING = """
    SELECT unit, sum(pending_minor), sum(available_minor + reserved_minor)
    FROM rewards_reward WHERE program_id = %(program)s GROUP BY 1
    """


def of_period(*, program, start, end):
    """``[{"day", "side", "unit", "credited_minor"}]`` of what occurred on the storefront's days of the period.

    Credited is what was credited and neither taken back nor expired, spent or not.
    """
    asked = {"program": program.pk, "zone": program.storefront.time_zone, "start": start, "end": end}
    names = ("day", "side", "unit", "credited_minor")
    return [dict(zip(names, (*cell, int(amount)), strict=True)) for *cell, amount in _asked(_OF_PERIOD, **asked)]


_BY_MONTH = """
    SELECT date_trunc('month', subject.occurred_at AT TIME ZONE %(zone)s)::date, reward.unit,
        sum(available_minor + reserved_minor + spent_minor + paid_minor + waived_minor)
    FROM rewards_subject subject JOIN rewards_reward reward ON reward.subject_id = subject.id
    WHERE subject.storefront_id = %(storefront)s AND subject.occurred_at >= %(start)s AND subject.occurred_at < %(end)s
    GROUP BY 1, 2 ORDER BY 1, 2
    """


def by_month(*, storefront, start, end):
    """``[(the month's first day, unit, credited_minor)]`` of what occurred in the storefront's months."""
    asked = {"storefront": storefront.pk, "zone": storefront.time_zone, "start": start, "end": end}
    return [(month, unit, int(amount)) for month, unit, amount in _asked(_BY_MONTH, **asked)]


def decided(*, program, at):
    """``{unit: {"credited_minor", "granted_minor", "expired_minor"}}`` of rewards whose hold ended in the last year."""
    names = ("credited_minor", "granted_minor", "expired_minor")
    found = _asked(_DECIDED, program=program.pk, since=at - LAST, at=at)
    return {unit: _told(names, amounts) for unit, *amounts in found}


def outstanding(*, program):
    """``{unit: {"pending_minor", "available_minor"}}`` as of now."""
    names = ("pending_minor", "available_minor")
    return {unit: _told(names, amounts) for unit, *amounts in _asked(_PENDING, program=program.pk)}


def _told(names, values):
    return {name: value if isinstance(value, str) else int(value) for name, value in zip(names, values, strict=True)}


def _asked(question, **parameters):
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall()
