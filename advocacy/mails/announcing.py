"""Tell every advocate whom an event asks, in portions: the first with the event, the rest by a job."""

from advocacy import jobs, terms
from advocacy.models import Event

JOB = "mails_to_all"
# What a step does in about a second.
AT_ONCE = 2000


def first(*, event, program, kind, at):
    """The customers of the first portion; a job goes on from there where there are more."""
    portion = _after(event, program, 0)
    if len(portion) == AT_ONCE:
        parameters = {"event": event.pk, "program": program, "kind": str(kind), "after": portion[-1][0]}
        jobs.start(storefront=event.storefront, kind=JOB, parameters=parameters, at=at)
    return [customer for _, customer in portion]


def step(*, job, at):
    """Of the job: the mails of the next portion. One that was written before is not written again."""
    from advocacy.mails import asking  # noqa: PLC0415 - which begins what goes on here

    said, event = job.parameters, Event.objects.get(pk=job.parameters["event"])
    cursor = {"after": said["after"], "asked": AT_ONCE} | job.cursor
    portion = _after(event, said["program"], cursor["after"])
    asking.write([asking.row(event, said["program"], customer, said["kind"]) for _, customer in portion], at=at)
    done = cursor["asked"] + len(portion)
    if len(portion) < AT_ONCE:
        return jobs.Progress(cursor=cursor, done=done, total=done, result={"asked": done})
    return jobs.Progress(cursor={"after": portion[-1][0], "asked": done}, done=done)


def _after(event, program, after):
    """``[(advocate, customer)]`` who must agree to the version that the event tells of."""
    asked = terms.to_be_asked(program, number=event.facts["number"]).filter(pk__gt=after)
    return list(asked.order_by("pk").values_list("pk", "customer")[:AT_ONCE])
