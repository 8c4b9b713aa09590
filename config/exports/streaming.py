"""Write a list of any length as it is read: some thousand rows at a time by their ids, so that no statement runs long
and no transaction stays open while somebody's line is slow."""

import json

import orjson
from django.http import StreamingHttpResponse

from advocacy import ids, tables
from config.exports.lists import LISTS

CSV, NDJSON = "csv", "ndjson"
FORMS = {CSV: "text/csv; charset=utf-8", NDJSON: "application/x-ndjson"}
_AT_ONCE = 2000


def response(*, name, storefront, form, since=None, until=None, bom=False):
    """A file of one of ``LISTS``, the oldest row first. ``since`` is included, ``until`` is not."""
    export = LISTS[name]
    rows = _narrowed(export, storefront, since, until)
    written = _csv(export, rows, bom) if form == CSV else _ndjson(export, rows)
    answer = StreamingHttpResponse(written, content_type=FORMS[form])
    answer["Content-Disposition"] = f'attachment; filename="{storefront.slug}-{name}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _narrowed(export, storefront, since, until):
    rows = export.rows(storefront)
    if since and export.at:
        rows = rows.filter(**{f"{export.at}__gte": since})
    return rows.filter(**{f"{export.at}__lt": until}) if until and export.at else rows


def _read(export, rows):
    """Yields the values of each row, in the order of the columns."""
    columns, last = export.columns, None
    paths = ["pk", *dict.fromkeys(path for _, path, *_ in columns)]
    places = [(paths.index(column[1]), _writer(column)) for column in columns]
    rows = rows.order_by("pk").values_list(*paths)
    while True:
        part = list((rows.filter(pk__gt=last) if last is not None else rows)[:_AT_ONCE])
        for row in part:
            yield [write(row[place], row, paths) for place, write in places]
        if len(part) < _AT_ONCE:
            return
        last = part[-1][0]


def _writer(column):
    kind = column[2] if len(column) > 2 else ""  # noqa: PLR2004 - the third is the kind, where there is one
    if kind == "subject":
        return _subject
    if kind in ids.PREFIXES:
        return lambda value, row, paths: value and ids.encode(ids.PREFIXES[kind], value)
    return lambda value, row, paths: value


def _subject(value, row, paths):
    kind = row[paths.index("subject_kind")]
    return ids.encode(ids.PREFIXES.get(kind, kind), value)


def _csv(export, rows, bom):
    header = [name for name, *_ in export.columns]
    values = ([_cell(value) for value in row] for row in _read(export, rows))
    return (line.encode() for line in tables.write(header, values, bom=bom))


def _cell(value):
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _ndjson(export, rows):
    names = [name for name, *_ in export.columns]
    for row in _read(export, rows):
        yield orjson.dumps(dict(zip(names, row, strict=True))) + b"\n"
