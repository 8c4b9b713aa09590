"""What a file was understood as, and which of its lines were refused."""

import zlib
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from zoneinfo import ZoneInfo

import orjson
from django.db import transaction

from advocacy import tables
from referrals.imports import keeping, layouts, outcomes
from referrals.models import Import, ImportState

HEADER = ("line", "why")
_SHOWN = 5


def refused(row):
    """Yields ``(line, why)`` of every refused line, by line; of the import, or before it of its check."""
    parts = row.refusals.filter(of_check=row.job_id is None).order_by("block", "number").values_list("block", "lines")
    for _, those in groupby(parts.iterator(chunk_size=50), key=itemgetter(0)):
        # The lines of a block are dealt to lanes.
        yield from sorted(tuple(line) for _, packed in those for line in orjson.loads(zlib.decompress(packed)))


def refused_count(row):
    counted = (row.taken if row.job_id else row.checked) or {}
    return counted.get(outcomes.REFUSED, 0)


def table(row):
    """The same as CSV that no spreadsheet runs, a line at a time."""
    return tables.write(HEADER, refused(row), bom=True)


def title(row):
    """As what it was recognised, in words."""
    return layouts.of(row.layout, row.kind).title


def first_rows(row):
    """``[(line, [(field, text)], why)]`` of the first rows, as they are understood; [] once its rows are gone."""
    layout, how, shown = layouts.of(row.layout, row.kind), keeping.how_of(row), []
    for line, record, why in (keeping.part(row, 0) or [])[:_SHOWN]:
        fields, odd = {}, why
        if not why:
            try:
                fields = layouts.fields(layout, record, how, row.columns)
            except Exception as error:
                odd = outcomes.sentence(error)
        shown.append((line, list(_flat(fields, zone=ZoneInfo(row.storefront.time_zone))), odd))
    return shown


def _flat(fields, before="", *, zone):
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.", zone=zone)
        elif isinstance(value, list):
            yield f"{before}{name}", ", ".join(map(str, value)) if not _nested(value) else f"{len(value)} lines"
        else:
            # As the file has it, mostly: in the shop's own time.
            yield f"{before}{name}", f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if _is_moment(value) else str(value)


def _is_moment(value):
    return isinstance(value, datetime)


def _nested(value):
    return any(isinstance(each, dict | list) for each in value)


def forget(*, before, at):
    """Of files that came before then: drop the rows of those that nobody began to import, and old reports."""
    old = Import.objects.filter(created_at__lt=before)
    with transaction.atomic():
        waiting = old.filter(state__in=(ImportState.CHECKING, ImportState.CHECKED))
        waiting.update(state=ImportState.DISCARDED, ended_at=at)
    for row in old.exclude(refusals=None, parts=None).exclude(state=ImportState.RUNNING).distinct():
        row.parts.all().delete()
        row.refusals.all().delete()
