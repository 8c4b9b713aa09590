"""Customers of a file."""

from django.db import IntegrityError, transaction

from advocacy import consents, customers, customers_at_once
from advocacy.outbox.record import record
from referrals.imports import outcomes, own


def take(*, row, read, outcome, at):
    """Add to the Outcome what became of ``[(line, fields)]``."""
    ready = []
    for line, fields in read:
        try:
            said = own.known_customer({"updated_at": row.created_at} | fields)
            columns = customers.columns(said, at)
            if said.get("consent"):
                _consent_of(said, at)
            ready.append((line, said, columns))
        except Exception as error:
            outcome.add(line, outcomes.REFUSED, outcomes.sentence(error))
    for batch in _apart(ready):
        for line, what, why in tell(row.storefront, batch, at):
            outcome.add(line, what, why)


def _apart(ready):
    """Lists in which nobody is told twice, in their order."""
    batch, names = [], set()
    for each in ready:
        mine = {("id", each[2].get("external_id")), ("box", each[2].get("email_key"))} - {("id", None), ("box", None)}
        if mine & names:
            yield batch
            batch, names = [], set()
        batch.append(each)
        names |= mine
    if batch:
        yield batch


def tell(storefront, batch, at):
    try:
        with transaction.atomic():
            return _told(storefront, batch, at)
    except (customers_at_once.OneByOne, IntegrityError):
        return [_person(storefront, each, at) for each in batch]


def _told(storefront, batch, at):
    people, tell = [columns for *_, columns in batch], []
    before = {each.pk: each.version for each in customers.find_all(storefront=storefront, people=people) if each}
    found = customers_at_once.upsert(storefront=storefront, people=people, at=at, tell=tell, past=True)
    record(tell, at=at)
    told = list(zip(batch, found, strict=True))
    first = [(who, _consent_of(said, at)) for (_, said, _), (who, created) in told if created and said.get("consent")]
    consents.note_first(told=first, at=at)
    return [
        (line, _what(created, _agreed(who, said, at) or before.get(who.pk) != who.version), "")
        for (line, said, _), (who, created) in told
    ]


def _what(created, changed):
    return outcomes.NEW if created else outcomes.changed_if(changed)


def _consent_of(said, at):
    """Checked, as it is stored."""
    return consents.checked(said["consent"], otherwise=said["updated_at"], at=at)


def _agreed(customer, said, at):
    """Whether it is news that they agreed, or did not.

    Without a moment of its own a file says it only of whom nothing is known: a list of last year subscribes nobody
    again.
    """
    agreed = said.get("consent")
    if not agreed or customer.erased_at:
        return False
    if "at" not in agreed and _consent_of(said, at)["channel"] in consents.newest(customer):
        return False
    return consents.note(customer=customer, said=agreed, otherwise=said["updated_at"], at=at)[1]


def _person(storefront, each, at):
    """Somebody who is two of our records, or may become one of them: looked at alone."""
    line, fields, columns = each
    try:
        with transaction.atomic():
            before = customers.find(
                storefront=storefront, external_id=columns.get("external_id"), email=columns.get("email")
            )
            told = {name: value for name, value in fields.items() if name != "consent"}
            customer, created = customers.upsert(storefront=storefront, fields=told, at=at)
            changed = _agreed(customer, fields, at) or before is None or before.version != customer.version
    except Exception as error:
        return line, outcomes.REFUSED, outcomes.sentence(error)
    return line, _what(created, changed), ""
