"""A file comes in: looked at, read once, kept in parts. Nothing of it is taken before somebody says so."""

import contextlib
import zlib

import orjson
from django.conf import settings
from django.db import transaction

from advocacy import given, ids, jobs
from advocacy.models.storefront import known_zone
from advocacy.refusals import Refused
from referrals.imports import dealing, layouts, reading, values
from referrals.models import Import, ImportKind, ImportPart, ImportState

CHECK, TAKE = "import_check", "import"
# Rows of a part, which is what a step of a job takes. Referrals are taken one by one, and a step has seconds.
ROWS, ROWS_ONE_BY_ONE = 1000, 50
_DATES = ("", values.DAY_FIRST, values.MONTH_FIRST)
_DECIMALS = ("", ".", ",")
_PAST = "past"


def keep(
    *,
    storefront,
    kind,
    stream,
    at,
    name="",
    by=None,
    program=None,
    past_until=_PAST,
    currency="",
    time_zone="",
    dates="",
    decimal="",
    mapping=None,
    check=True,
):
    """The Import of a seekable binary stream, whose check a worker begins (unless ``check`` says not to).

    Raises ``Refused`` for what is no table.

    ``past_until``: orders placed before it are of the past and earn nothing; None: none is. Left out, all are that
    were placed before ``at``. ``currency``, ``time_zone``: where the file says none; else the storefront's.
    ``dates``: day_first or month_first, ``decimal``: the sign before the cents, where the file can be read in two ways.
    ``mapping``: ``{the file's column: field}``.
    """
    how = layouts.How(
        currency=given.currency("currency", currency or storefront.currency),
        zone=_zone(time_zone or storefront.time_zone),
        dates=_among("dates", dates, _DATES),
        decimal=_among("decimal", decimal, _DECIMALS),
        mapping=_texts(mapping or {}),
    )
    kind = given.choice("kind", kind, ImportKind)
    _check_size(stream)
    file = reading.looked_at(stream)
    layout, columns = layouts.recognised(file, kind=kind, mapping=how.mapping)
    with transaction.atomic():
        made = Import.objects.create(
            storefront=storefront,
            kind=kind,
            name=given.line("name", name, longest=200),
            layout=layout,
            encoding=file.encoding,
            program=program,
            past_until=at if past_until == _PAST else past_until,
            reading=vars(how),
            columns=columns,
            started_by=by,
            created_at=at,
        )
        made.rows = _keep_parts(made, layouts.records(reading.rows(stream, file), layouts.of(layout, kind)), at)
        if not made.rows:
            raise Refused("empty_file", "The file has a header, and nothing below it.")
        made.check_job = _job(made, CHECK, at, by) if check else None
        made.state = ImportState.CHECKING if check else ImportState.CHECKED
        made.save(update_fields=["rows", "check_job", "state"])
    return made


def begin(*, row, at, by=None):
    """Take what was checked, or begins anyway while it is checked. Refuses what has begun or ended."""
    with transaction.atomic():
        # Before its row: a step holds its job, and asks for that.
        _stop(row.check_job, at)
        row = _locked(row)
        if row.state not in (ImportState.CHECKED, ImportState.CHECKING):
            raise Refused("import_begun", "This import has begun or ended already.")
        row.state, row.job = ImportState.RUNNING, _job(row, TAKE, at, by)
        row.save(update_fields=["state", "job"])
    return row


def discard(*, row, at):
    """Take nothing more of it. What was taken stays. Refuses what has ended."""
    with transaction.atomic():
        _stop(row.check_job, at)
        _stop(row.job, at)
        row = _locked(row)
        if row.state in (ImportState.DONE, ImportState.DISCARDED):
            raise Refused("import_ended", "This import has ended already.")
        row.state, row.ended_at = ImportState.DISCARDED, at
        row.save(update_fields=["state", "ended_at"])
        row.parts.all().delete()
    return row


def part(row, number):
    """The rows of a part, ``[(line, record, why it cannot be read)]``, or None after the last."""
    found = row.parts.filter(number=number).values_list("rows", flat=True).first()
    return found and opened(found)


def opened(rows):
    """What ``ImportPart.rows`` holds."""
    return orjson.loads(zlib.decompress(rows))


def how_of(row):
    return layouts.How(**row.reading)


def text_id(row):
    return ids.encode("imp", row.public_id)


def _keep_parts(made, records, at):
    """How many records there are."""
    number = count = 0
    size = ROWS_ONE_BY_ONE if made.kind == ImportKind.REFERRALS else ROWS
    for block, parts in enumerate(dealing.blocks(records, words_of=_words_of(made, at), size=size)):
        for lane, some in parts:
            count += len(some)
            packed = zlib.compress(orjson.dumps(some), 1)
            ImportPart.objects.bulk_create([ImportPart(of=made, number=number, block=block, lane=lane, rows=packed)])
            number += 1
        if count > settings.IMPORT_MOST_ROWS:
            said = f"The file has more than {settings.IMPORT_MOST_ROWS} rows; send it in parts."
            raise Refused("too_many_rows", said)
    return count


def _words_of(made, at):
    """By which rows are dealt to lanes; None where one row may decide what another one of somebody else's earns."""
    if made.kind != ImportKind.ORDERS or made.past_until is None or made.past_until < at:
        return None
    return layouts.words_of(layouts.of(made.layout, made.kind), how_of(made), made.columns)


def _check_size(stream):
    size = stream.seek(0, 2)
    if size > settings.IMPORT_MOST_BYTES:
        most = settings.IMPORT_MOST_BYTES // 1024 // 1024
        raise Refused("file_too_large", f"The file has {size // 1024 // 1024} MiB; at most {most} are taken. Part it.")


def _job(row, kind, at, by):
    parameters = {"import": text_id(row), "of": str(row.kind), "file": row.layout, "rows": row.rows}
    return jobs.start(storefront=row.storefront, kind=kind, parameters=parameters, at=at, by=by)


def _stop(job, at):
    if job:
        # It may have ended by itself.
        with contextlib.suppress(Refused):
            jobs.cancel(job=job, at=at)


def _locked(row):
    rows = Import.objects.select_for_update(no_key=True, of=["self"]).select_related(
        "storefront", "check_job", "job", "program"
    )
    return rows.get(pk=row.pk)


def _among(name, value, choices):
    if value not in choices:
        given.refuse(name, f"{name} must be {' or '.join(each for each in choices if each)}, or left out.")
    return value


def _texts(mapping):
    given.data("mapping", mapping)
    if not all(isinstance(each, str) for each in mapping.values()):
        given.refuse("mapping", 'mapping names columns of the file and for each a field: {"Order No": "external_id"}.')
    return mapping


def _zone(name):
    try:
        known_zone(name)
    except Exception as error:
        raise Refused("invalid_field", "Write a time zone's name such as Europe/Berlin.") from error
    return name
