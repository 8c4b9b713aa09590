"""Events of a storefront's own: what it tells of a customer in its own words, for rules, webhooks and the record."""

import re

from django.db import IntegrityError, transaction

from advocacy import events, given, metadata, persons
from advocacy.models import Program, Report
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, NotFound

_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*").fullmatch
LONGEST_TYPE, LONGEST_TOUCHPOINT = 60, 100


@transaction.atomic
def report(*, storefront, customer, event_id, type, touchpoint="", facts=None, occurred_at=None, at):
    """``(report, created)``. The same ``event_id`` again is that report; with other content a Conflict.

    ``type``: the storefront's own word, such as ``support.contacted``. ``facts``: an object of its own. NotFound where
    the customer is another storefront's; Refused (``customer_erased``) where they were erased.
    """
    if customer.storefront_id != storefront.pk:
        raise NotFound("unknown_customer", "There is no such customer.")
    customer = persons.lock_to_tell_of(customer)
    happened = given.moment("occurred_at", occurred_at, at=at) if occurred_at else None
    said = {
        "type": _type(type),
        "touchpoint": given.label("touchpoint", touchpoint, longest=LONGEST_TOUCHPOINT),
        "facts": given.data("facts", facts or {}),
    }
    row = Report(
        storefront=storefront,
        customer=customer,
        event_id=given.text("event_id", event_id, longest=200, required=True),
        digest=given.digest(said | {"occurred_at": happened}),
        occurred_at=min(happened or at, at),
        recorded_at=at,
        version=1,
        **said,
    )
    known = Report.objects.filter(storefront=storefront, event_id=event_id)
    try:
        with transaction.atomic():
            if not known.exists():
                row.save(force_insert=True)
                record([_draft(row)], at=at)
                return row, True
    except IntegrityError:
        pass  # the same call, a moment earlier
    return _replay(known.select_related("customer").get(), row), False


def _type(value):
    value = given.text("type", value, longest=LONGEST_TYPE, required=True)
    if not _TYPE(value):
        given.refuse("type", "type is words of a to z, 0 to 9 and _, joined by dots, such as support.contacted.")
    return value


def _replay(known, row):
    if bytes(known.digest) != row.digest or known.customer.person_id != row.customer.person_id:
        words = f"Another event was recorded as {known.event_id}."
        raise Conflict("idempotency_conflict", words, errors={"id": words})
    return known


def _draft(row):
    facts = {
        "reported_type": row.type,
        "touchpoint": row.touchpoint,
        "metadata": metadata.kept(storefront=row.storefront_id, said=row.facts, keys=_keys(row.storefront_id)),
        "country": row.customer.country,
        "stands": True,
    }
    return Draft(
        type=events.EVENT_REPORTED,
        subject=row,
        storefront=row.storefront_id,
        customer=row.customer,
        facts=facts,
        occurred_at=row.occurred_at,
    )


def _keys(storefront):
    """It is asked of every program, so each program's keys are in it."""
    lists = Program.objects.filter(storefront=storefront).values_list("metadata_keys", flat=True)
    return sorted({key for keys in lists for key in keys})
