"""The dashboard's numbers of all programs, by as many questions as for one."""

from datetime import timedelta

from advocacy.models import Program
from referrals import lifetime_value
from referrals.metrics import groups, numbers, uncounted
from referrals.metrics.catalogue import METRICS
from referrals.metrics.periods import asked
from referrals.metrics.program import shown
from referrals.models import Day


def overview(*, storefront=None, at):
    """The dashboard's numbers of every program of a storefront; without one, of all storefronts but test twins.

    A list of ``{"program": row, "metrics": as of_program, "series": …, "lifetime_values": as lifetime_value.compare}``.
    A series is ``[{"day", "clicks", "referrals", "conversions"}]`` of the last 30 days, also those without anything.
    """
    chosen = {"storefront": storefront} if storefront else {"storefront__test_twin_of__isnull": True}
    programs = Program.objects.select_related("storefront").order_by("storefront__name", "name", "pk")
    questions = [asked(program=program, at=at) for program in programs.filter(**chosen)]
    found = numbers.read(questions, METRICS)
    days = _days(questions, at)
    values = lifetime_value.compare_all(storefronts={question.program.storefront for question in questions}, at=at)
    return [
        {
            "program": question.program,
            "metrics": shown(question, found) | groups.of(question, METRICS, found),
            "series": _series(question, days),
            "lifetime_values": values[question.program.storefront_id],
        }
        for question in questions
    ]


def _days(questions, at):
    rows = Day.objects.filter(
        program__in=[question.program for question in questions], day__gte=(at - timedelta(days=32)).date()
    )
    return {(row.program_id, row.day): row for row in rows}


def _series(question, rows):
    return uncounted.series(
        question, {day: row for (program, day), row in rows.items() if program == question.program.pk}
    )
