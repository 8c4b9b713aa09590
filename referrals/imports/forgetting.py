"""Take a person out of files that wait to be imported, and out of what was said of their lines."""

import zlib

import orjson
from django.db import transaction

from advocacy import emails
from advocacy.models import Job
from advocacy.refusals import Refused
from referrals.imports import keeping, layouts
from referrals.models import ImportKind, ImportPart, ImportRefusals

AT_ONCE = 20
# As a part says why a line cannot be read: "It names …"
_WHY = "names a person who was erased"
_SAID = "Erased: it named a person who asked for that."
# Shorter ones stand in any sentence.
_LONG_ENOUGH = 4
_SIDES = ("advocate", "friend")
_WHOSE = ("customer", *_SIDES)


def search(*, customer, cursor, at):
    """Look through the next parts of the storefront's files; where to go on, None at the end."""
    person = _Person(customer)
    for name, model, look in (("part", ImportPart, _empty_part), ("report", ImportRefusals, _empty_report)):
        last = cursor.get(name, 0)
        if last is None:
            continue
        rows = model.objects.filter(of__storefront=customer.storefront_id, pk__gt=last)
        chunk = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        for pk in chunk:
            look(pk, person)
        if chunk:
            return cursor | {name: chunk[-1]}
        cursor = cursor | {name: None}
    return None


class _Person:
    def __init__(self, customer):
        self._key, self._id = customer.email_key, customer.external_id
        words = [word for word in (customer.name, customer.external_id) if _is_telling(word)]
        self._address = emails.standing_alone([customer.email])
        self._words = emails.standing_alone([customer.email, customer.email_key, *words])

    def is_in_sentence(self, text):
        return self._words is not None and (self._words.search(text) is not None or self._is_named(text))

    def _is_named(self, text):
        return emails.is_named(text, key=self._key, alone=self._address)

    def is_in(self, record, fields, kind):
        """``record``: as the file has it; ``fields``: as it is understood, or nothing where it cannot be."""
        if any(self._is_named(text) for text in emails.texts_of(record)):
            return True
        people = [each for name in _WHOSE if isinstance(each := fields.get(name), dict)]
        people += [fields] if kind == ImportKind.CUSTOMERS else []
        people += [_side(fields, name) for name in _SIDES] if kind == ImportKind.REFERRALS else []
        return any(self._is(each) for each in people)

    def _is(self, fields):
        address = emails.normalise(str(fields.get("email") or ""))
        named = self._id and str(fields.get("external_id") or "") == self._id
        return bool(named or (self._key and address == self._key))


def _side(fields, name):
    """A referral's columns are flat."""
    return {column: fields.get(f"{name}_{said}") for column, said in (("external_id", "id"), ("email", "email"))}


def _is_telling(word):
    return bool(word) and len(word) >= _LONG_ENOUGH


@transaction.atomic
def _empty_part(pk, person):
    found = ImportPart.objects.filter(pk=pk).select_related("of__storefront").first()
    if found is None:
        return
    row = found.of
    # A step that has read the part writes down what it says first.
    list(Job.objects.select_for_update(no_key=True).filter(pk__in=filter(None, (row.check_job_id, row.job_id))))
    # So does who takes parts beside the job.
    held = ImportPart.objects.select_for_update(no_key=True).filter(pk=pk, taken__isnull=True).first()
    if held is None:
        return
    records = keeping.opened(held.rows)
    kept = [_without(each, person, row) for each in records]
    if kept != records:
        ImportPart.objects.filter(pk=pk).update(rows=zlib.compress(orjson.dumps(kept), 1))


def _without(each, person, row):
    line, record, _ = each
    try:
        fields = layouts.fields(layouts.of(row.layout, row.kind), record, keeping.how_of(row), row.columns)
    except (Refused, ValueError, TypeError, KeyError, AttributeError):
        fields = {}
    return [line, {}, _WHY] if person.is_in(record, fields, row.kind) else each


@transaction.atomic
def _empty_report(pk, person):
    row = ImportRefusals.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None:
        return
    lines = orjson.loads(zlib.decompress(row.lines))
    kept = [[line, _SAID if person.is_in_sentence(why) else why] for line, why in lines]
    if kept != lines:
        ImportRefusals.objects.filter(pk=pk).update(lines=zlib.compress(orjson.dumps(kept)))
