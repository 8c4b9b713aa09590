"""What customers agreed to: records that are never changed, of which the newest of a customer and channel counts."""

from django.db import IntegrityError, transaction

from advocacy import events, given, persons
from advocacy.models import Channel, Consent, ConsentBasis, ConsentState, Customer, bulk
from advocacy.outbox.record import Draft, record

FIELDS = ("channel", "state", "basis", "wording_version", "at", "source")
LONGEST = 60
_CONTENT = ("state", "basis", "wording_version", "source")


@transaction.atomic
def note(*, customer, said, at, otherwise=None, once=False):
    """``(consent, created)`` of ``said``, an object of the ``FIELDS``: channel, state, and others that may be left out.

    The same said of the same moment again is that record. Where no moment is said it is ``otherwise``, or else ``at``,
    and what says no more than the newest record is that one. Older news is kept, and changes nothing. ``once``: without
    a moment, what was said before at any time is that record, so that a call sent again takes nothing back.

    Refuses who was erased (``customer_erased``).
    """
    customer = persons.lock_to_tell_of(customer)
    said, columns = _said(said), checked(said, otherwise=otherwise, at=at)
    row, before = _row(customer, columns, at), newest(customer)
    before = before.get(row.channel)
    if once and not (otherwise or "at" in said) and (told := _told_before(row)):
        return told, False
    if before and "at" not in said and _content(before) == _content(row):
        return before, False
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record([_draft(row, counts=before is None or before.at <= row.at)], at=at)
            return row, True
    except IntegrityError:
        same = {"channel": row.channel, "at": row.at} | dict(zip(_CONTENT, _content(row), strict=True))
        return Consent.objects.select_related("customer").get(customer=customer, **same), False


def note_first(*, told, at):
    """The ``[(customer, checked columns)]`` of customers who were made in this transaction, by two statements."""
    rows = bulk.insert([_row(customer, columns, at) for customer, columns in told])
    record([_draft(row, counts=True) for row in rows], at=at)


def _told_before(row):
    """The newest record of the person that says the same, or None."""
    same = {name: getattr(row, name) for name in ("channel", *_CONTENT)}
    mine = Consent.objects.filter(customer__in=persons.ids_of(row.customer), **same)
    return mine.select_related("customer").order_by("-at", "-id").first()


def checked(said, *, otherwise, at):
    """What was said, as it is stored; see ``note``."""
    given.known(said, FIELDS)
    said = _said(said)
    moment = said.get("at") or otherwise
    return {
        "channel": given.choice("channel", said.get("channel"), Channel),
        "state": given.choice("state", said.get("state"), ConsentState),
        "basis": given.choice("basis", said.get("basis", ConsentBasis.CONSENT), ConsentBasis),
        "wording_version": given.label("wording_version", said.get("wording_version"), longest=LONGEST),
        "source": given.label("source", said.get("source"), longest=LONGEST),
        "at": min(given.moment("at", moment, at=at), at) if moment else at,
    }


def _said(said):
    return {name: value for name, value in said.items() if value is not None}


def _row(customer, columns, at):
    return bulk.made(Consent, storefront_id=customer.storefront_id, customer=customer, recorded_at=at, **columns)


def newest(customer):
    """``{channel: the consent that counts}`` of the customer's person, also what another record of theirs said.

    A channel of which nothing was ever said is not in it.
    """
    return newest_of([customer])[customer.pk]


def withdrawn(customer, *, at):
    """The newest withdrawal of mail that was known at that moment, or None."""
    said = Consent.objects.filter(customer__in=persons.ids_of(customer), channel=Channel.EMAIL)
    return said.filter(state=ConsentState.WITHDRAWN, recorded_at__lte=at).order_by("at", "pk").last()


def newest_of(customers):
    """``{customer's key: {channel: the consent that counts}}``, by one question more where some are merged."""
    whose = {customer.pk: [customer.pk] for customer in customers}
    people = {customer.person_id for customer in customers if customer.absorbed or customer.merged_into_id}
    if people:
        records = persons.customers(people)
        by_person = {}
        for row in Customer.objects.filter(pk__in=records):
            by_person.setdefault(row.person_id, []).append(row.pk)
        whose |= {one.pk: by_person[one.person_id] for one in customers if one.person_id in by_person}
    asked = {pk for keys in whose.values() for pk in keys}
    found = {}
    for row in Consent.objects.filter(customer__in=asked).order_by("at", "id"):
        found.setdefault(row.customer_id, []).append(row)
    return {pk: _last(row for key in keys for row in found.get(key, ())) for pk, keys in whose.items()}


def _last(rows):
    return {row.channel: row for row in sorted(rows, key=lambda row: (row.at, row.pk))}


def _content(row):
    return tuple(str(getattr(row, name)) for name in _CONTENT)


def _draft(row, *, counts):
    facts = {"counts": counts} | {name: str(getattr(row, name)) for name in ("channel", *_CONTENT)}
    return Draft(
        type=events.CONSENT_RECORDED,
        subject=row,
        storefront=row.storefront_id,
        customer=row.customer,
        facts=facts,
        occurred_at=row.at,
    )
