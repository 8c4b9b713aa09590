"""Ask a platform what changed in a period, and take what was missed: through the same mapping as its webhooks."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from advocacy import connections, failures, ids, jobs, platforms
from advocacy.models import Connection, ConnectionStatus, Job
from advocacy.models.job import ACTIVE
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.refusals import Refused
from referrals import orders
from referrals.inbound import calls, doing
from referrals.inbound.platforms import ALL

JOB = "reconciliation"
USUAL, LONGEST = timedelta(days=3), timedelta(days=90)
# Of one that is asked daily: so long after the last, and at most so far back.
DAILY, FURTHEST = timedelta(hours=23), timedelta(days=30)
# A step of a job asks for one page; a worker is given a minute.
STEP_PATIENCE, STEP_SECONDS = 15, 10
_MOST_SENTENCES = 50


@dataclass
class Found:
    """What came of it so far: ``listed`` entries, orders that were ``missed`` or ``changed``, and what ``failed``."""

    listed: int = 0
    missed: int = 0
    changed: int = 0
    ignored: int = 0
    failed: int = 0
    sentences: list = field(default_factory=list)


def reconcile(*, connection, since, until, at, tell=lambda found: None, caller=None):
    """Take what the platform lists of the period; ``tell`` is called after each page. Safe to do again.

    Each entry has a transaction of its own: one that fails is counted, and the others go on. Raises Refused where
    the platform does not answer; what was taken by then stays.
    """
    if not since < until:
        raise Refused("invalid_period", "The period ends after it begins.")
    caller = caller or platforms.Caller(connection)
    found, cursor = Found(), {}
    while cursor is not None:
        cursor = _page(found, caller, cursor, since=since, until=until, at=at)
        tell(found)
    if not found.failed:
        connections.note_asked(connection=connection, since=since, until=until)
    return found


def start(*, connection, since, until, at, by=None):
    """A job that does the same, page by page. One goes on at a time for a connection; refuses a second."""
    if not since < until <= at or until - since > LONGEST:
        raise Refused("invalid_period", f"Ask for a period of at most {LONGEST.days} days that has begun.")
    connections.credentials_of(connection)
    if connection.status != ConnectionStatus.ACTIVE:
        raise Refused("connection_ended", "This connection was ended; take it up again first.")
    Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    name = ids.encode("con", connection.public_id)
    if jobs_of(connection).filter(state__in=ACTIVE).exists():
        raise Refused("asked_already", "The platform is being asked already; see the job that goes on.")
    parameters = {"connection": name, "since": since.isoformat(), "until": until.isoformat()}
    return jobs.start(storefront=connection.storefront, kind=JOB, parameters=parameters, at=at, by=by)


def jobs_of(connection):
    """The newest first."""
    name = ids.encode("con", connection.public_id)
    return Job.objects.filter(storefront=connection.storefront_id, kind=JOB, parameters__connection=name).order_by(
        "-id"
    )


def start_daily(*, at):
    """Jobs for the active connections that nobody asked for a day; how many."""
    asked = Connection.objects.filter(
        status=ConnectionStatus.ACTIVE, asked_daily=True, credentials__isnull=False
    ).select_related("storefront")
    return sum(_start_if_due(connection, at) for connection in asked.order_by("id"))


def _start_if_due(connection, at):
    # One that failed is asked again the next day, from where the last that succeeded ended.
    if jobs_of(connection).filter(created_at__gt=at - DAILY).exists():
        return False
    last = connection.asked_until or at
    since = max(min(at - USUAL, last - timedelta(hours=1)), at - FURTHEST)
    try:
        with transaction.atomic():
            start(connection=connection, since=since, until=at, at=at)
    except Refused:
        return False
    return True


def step(*, job, at):
    """Of the job: one page."""
    connection = Connection.objects.select_related("storefront").get(
        public_id=ids.decode("con", job.parameters["connection"])
    )
    if connection.status != ConnectionStatus.ACTIVE:
        raise Refused("connection_ended", "This connection was ended; take it up again first.")
    since, until = (datetime.fromisoformat(job.parameters[name]) for name in ("since", "until"))
    found = Found(**job.cursor.get("found", {}))
    caller = platforms.Caller(connection, patience=STEP_PATIENCE, seconds=STEP_SECONDS)
    further = _page(found, caller, job.cursor.get("page", {}), since=since, until=until, at=at)
    result = None
    if further is None:
        result = asdict(found)
        if not found.failed:
            connections.note_asked(connection=connection, since=since, until=until)
    return jobs.Progress(cursor={"page": further, "found": asdict(found)}, done=found.listed, result=result)


def _page(found, caller, cursor, *, since, until, at):
    """Take a page; the cursor of the next one, None after the last."""
    api = platforms.ALL[caller.connection.platform]
    entries, further = api.changed(caller, since=since, until=until, cursor=cursor)
    for topic, document in entries:
        _take(found, caller, topic, document, at)
    return further


def _take(found, caller, topic, document, at):
    found.listed += 1
    for last in (False, False, True):
        try:
            _try(found, caller, topic, document, at)
            break
        except Interrupted:
            if last:
                raise


def _try(found, caller, topic, document, at):
    connection, platform = caller.connection, ALL[caller.connection.platform]
    try:
        with transaction.atomic():
            reading = platform.listed(topic, document, told_at=at)
            if is_test(caller):
                reading = calls.Reading(calls=reading.calls, ignored=reading.ignored, test=True)
            before = _versions(reading, connection)
            doing.do(reading, connection=connection, source=platform.SOURCE, at=at)
            after = _versions(reading, connection)
        found.ignored += bool(reading.ignored)
        found.missed += before is None and after is not None
        found.changed += before is not None and before != after
    except doing.NotYet:
        found.ignored += 1
    except Exception as error:
        pass_on(error)
        found.failed += 1
        name = f"{topic} {document.get('id')}"
        if len(found.sentences) < _MOST_SENTENCES:
            found.sentences.append(f"{name}: {failures.told(error, 'It')}")


def is_test(caller):
    """Whether all that this access lists is of test mode."""
    module = platforms.ALL[caller.connection.platform]
    return hasattr(module, "is_test") and module.is_test(caller)


def _versions(reading, connection):
    """``(order, version)`` of the order it is about, in the shop or its test twin; None where it is not here."""
    names = next((_names_of(call) for call in reading.calls), [])
    storefront = connection.storefront
    if reading.test:
        storefront = getattr(storefront, "test_twin", None)
    order = orders.named(storefront=storefront, names=names) if storefront and names else None
    return (order.pk, order.version) if order else None


def _names_of(call):
    if not isinstance(call, calls.TakeOrder):
        return list(getattr(call, "names", ()))
    own = [("external_id", call.fields["external_id"])] if "external_id" in call.fields else []
    return own + list(call.fields.get("identifiers", {}).items())
