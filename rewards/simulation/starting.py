"""Ask for a simulation: answered at once where there is little to read, by a job otherwise."""

import uuid
from zoneinfo import ZoneInfo

from django.utils import timezone

from advocacy import jobs
from advocacy.models import Job
from rewards.rules import periods
from rewards.simulation import plan as plans
from rewards.simulation import working

KIND = "simulation"
# So many subjects are answered within the call.
AT_ONCE = 5_000


def start(*, program, terms, start, until, at, name="", rule=None, by=None):
    """The Job, done already where there is little to read. ``start`` to before ``until``: aware datetimes.

    ``terms`` as ``rulebook.save`` takes them, None where ``rule`` is taken away; ``rule``: the one that the draft
    replaces. Raises Refused as saving the draft would.
    """
    plan = plans.made(program=program, name=name, terms=terms, rule=rule, start=start, until=until, at=at)
    total = working.Run(plan).look()
    job = jobs.start(storefront=program.storefront, kind=KIND, parameters=plan.as_json(), at=at, by=by)
    if total <= AT_ONCE:
        worker, first = uuid.uuid4(), True
        while jobs.step(pk=job.pk, worker=worker, first=first, at=at):
            first = False
    return Job.objects.get(pk=job.pk)


def last_month(*, program, at):
    """``(start, until)`` of the month before this one, in the program's zone."""
    begin, _ = periods.bounds("month", at, program.time_zone)
    return periods.bounds("month", begin - timezone.timedelta(days=1), program.time_zone)


def last_days(*, program, days, at):
    """``(start, until)`` of so many days up to now, the first one whole."""
    local = timezone.localtime(at, ZoneInfo(program.time_zone)) - timezone.timedelta(days=days)
    return periods.bounds("day", local, program.time_zone)[0], at
