"""How the values of rows are written: as lines of COPY's text format, and as literals of an INSERT."""

import re
from functools import lru_cache
from operator import itemgetter

import orjson
from django.db import connection, models


def literal(value, encode):
    return "NULL" if value is None else "'" + encode(value).replace("'", "''") + "'"


@lru_cache(maxsize=64)
def literals(model):
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    encoders = [(field.attname, _WITHOUT_ESCAPES.get(encode := _encoder(field), encode)) for field in fields]
    return connection.ops.quote_name(model._meta.db_table), names, encoders


def lines(rows, encoders):
    """The lines of many rows, each a dictionary: column by column, because most columns say the same of all rows."""
    moments, fields = {}, []
    columns = zip(*map(itemgetter(*(name for name, _ in encoders)), rows), strict=True)
    for (_, encode), values in zip(encoders, columns, strict=True):
        fields.append(_moments(values, moments) if encode is _moment else _column(values, encode))
    return _joined(fields)


def _joined(fields):
    return "\n".join(map("\t".join, zip(*fields, strict=True))) + "\n"


def lines_of(same, each, encoders, count):
    """The lines of ``count`` rows from what all of them say and lists of what each says, by name."""
    moments, fields = {}, []
    for name, encode in encoders:
        if name not in each:
            value = same[name]
            fields.append(["\\N" if value is None else encode(value)] * count)
        else:
            values = each[name]
            fields.append(_moments(values, moments) if encode is _moment else _column(values, encode))
    return _joined(fields)


def _column(values, encode):
    first = values[0]
    if values[-1] is first and len({*map(id, values)}) == 1:
        return ["\\N" if values[0] is None else encode(values[0])] * len(values)
    if encode is _text and {*map(type, values)} == {str} and not _ESCAPED("".join(values)):
        return values
    if None in values:
        return ["\\N" if value is None else encode(value) for value in values]
    return [*map(encode, values)]


_ESCAPED = re.compile(r"[\\\n\t\r]").search


def _moments(values, known):
    """Several columns hold one moment. The rows keep it alive, so that its identity is its own."""
    for value in values:
        if id(value) not in known:
            known[id(value)] = "\\N" if value is None else value.isoformat()
    return [known[id(value)] for value in values]


@lru_cache(maxsize=64)
def columns(model):
    fields = model._meta.concrete_fields
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    return names, [(field.attname, _encoder(field)) for field in fields]


def _encoder(field):
    field = field.target_field if field.is_relation else field
    for kind, encode in _ENCODERS.items():
        if isinstance(field, kind):
            return encode
    raise TypeError(f"Nobody knows how to write a {type(field).__name__}.")


def _text(value):
    value = str(value)
    if "\\" in value or "\n" in value or "\t" in value or "\r" in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return value


def _json(value):
    # Control characters are escaped by JSON itself; only its backslashes are COPY's too.
    return _plain_json(value).replace("\\", "\\\\")


def _plain_json(value):
    return orjson.dumps(value, default=_plain).decode()


def _plain(value):
    """A named tuple as a list; anything else is a mistake."""
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")


def _uuid(value):
    return value.hex


def _moment(value):
    return value.isoformat()


def _flag(value):
    return "t" if value else "f"


def _bytes(value):
    return f"\\\\x{bytes(value).hex()}"


def _plain_bytes(value):
    return f"\\x{bytes(value).hex()}"


_ENCODERS = {
    models.UUIDField: _uuid,
    models.JSONField: _json,
    models.BooleanField: _flag,
    models.IntegerField: str,
    models.DateField: _moment,
    models.CharField: _text,
    models.TextField: _text,
    models.BinaryField: _bytes,
    models.DecimalField: str,
}
_WITHOUT_ESCAPES = {_text: str, _json: _plain_json, _bytes: _plain_bytes}
