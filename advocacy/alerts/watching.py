"""Open an alert for what a check finds, keep it while it is found, and close it when it is not any more."""

import logging

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction

from advocacy import events
from advocacy.alerts import kinds
from advocacy.models import Alert, Storefront
from advocacy.outbox.interruptions import pass_on
from advocacy.outbox.record import Draft, record
from advocacy.periodic import alone

log = logging.getLogger(__name__)
# Of a statement of a check: a check that is slow leaves time for the others.
SECONDS = 5


def watch(*, at, checks=None):
    """Do each check once, in a transaction of its own; how many alerts were opened.

    One that fails stops no other and is an alert itself; so is one with a statement that took more than ``SECONDS``.
    One that somebody else does at this moment is left to them.
    """
    opened, failed, left = 0, [], []
    for check in kinds.checks() if checks is None else checks:
        if check.find is None:
            continue
        try:
            with alone(f"alerts: {check.name}") as mine:
                if not mine:
                    left.append(check.name)
                    continue
                _limit()
                found = list(check.find(at=at, limits=kinds.limits_of(check)))
                opened += say(kinds=[kind.name for kind in check.kinds], found=found, at=at)
        except SoftTimeLimitExceeded:
            raise  # of the whole watch: nothing says that this check failed
        except Exception as error:
            pass_on(error)
            log.exception("The check %s of alerts failed; the others go on.", check.name)
            failed.append(_failed(check))
    return opened + say(kinds=[kinds.FAILED.name], found=failed, left=left, at=at)


def _limit():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{SECONDS}s"])


def _failed(check):
    return kinds.Found(
        kind=kinds.FAILED.name,
        subject=check.name,
        text=f"The check “{check.name.replace('_', ' ')}” failed.",
        place="/admin/advocacy/alert/",
    )


@transaction.atomic
def say(*, kinds, found, at, left=()):
    """What is the matter now of these kinds, all of it but for the subjects ``left``: new alerts are opened, those of
    what is over closed; how many were opened. What two find at the same moment is opened once.
    """
    found = {(each.kind, each.subject): each for each in found}
    open_now = Alert.objects.select_for_update(no_key=True).filter(kind__in=kinds, closed_at=None).order_by("pk")
    known = {(alert.kind, alert.subject): alert for alert in open_now.exclude(subject__in=left)}
    for key, alert in known.items():
        if key in found:
            _seen(alert, found[key], at)
        else:
            _close(alert, at)
    home = _home()
    return sum(_open(each, each.storefront or home, at) for key, each in found.items() if key not in known)


def _home():
    """The only storefront there is: what is the whole server's is its own then."""
    live = Storefront.objects.filter(test_twin_of=None).values_list("pk", flat=True)[:2]
    return live[0] if len(live) == 1 else None


def _open(found, storefront, at):
    said = {name: getattr(found, name) for name in ("kind", "subject", "text", "place", "count", "facts")}
    try:
        with transaction.atomic():
            alert = Alert.objects.create(storefront_id=storefront, opened_at=at, last_seen_at=at, version=1, **said)
            _tell(events.ALERT_OPENED, alert, at)
    except IntegrityError:
        return 0  # somebody else opened it at this moment
    return 1


def _seen(alert, found, at):
    alert.last_seen_at, alert.count, alert.text, alert.facts = at, found.count, found.text, found.facts
    alert.save(update_fields=["last_seen_at", "count", "text", "facts"])


def _close(alert, at):
    alert.closed_at, alert.version = at, alert.version + 1
    alert.save(update_fields=["closed_at", "version"])
    _tell(events.ALERT_CLOSED, alert, at)


def _tell(type, alert, at):
    if alert.storefront_id is None:
        return
    facts = {"alert": alert.kind, "about": alert.subject, "count": alert.count, "numbers": alert.facts}
    facts["opened_at"] = alert.opened_at.isoformat()
    record([Draft(type=type, subject=alert, storefront=alert.storefront_id, facts=facts, occurred_at=at)], at=at)
