"""Ask a platform what changed in a period, and take what was missed: through the same mapping as its webhooks."""

from dataclasses import dataclass, field

from django.db import transaction

from advocacy import failures, platforms
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.refusals import Refused
from referrals import orders
from referrals.inbound import calls, doing
from referrals.inbound.platforms import ALL

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
    found = Found()
    for page in platforms.ALL[connection.platform].changed(caller, since=since, until=until):
        for topic, document in page:
            _take(found, caller, topic, document, at)
        tell(found)
    return found


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
