"""Make and insert many rows at once, by PostgreSQL's COPY: many times faster than ``bulk_create``. A few are an INSERT.

The ids of what was inserted are known afterwards.

A lane settles thousands of conversions a second, each with ten rows: Django's own constructor and compiler would take
most of the time.
"""

from functools import lru_cache

import orjson
from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.fields import NOT_PROVIDED


def made(model, **values):
    """An unsaved row, like ``model(**values)`` but without its checks and signals.

    Foreign keys are given by row (``reward=reward``) or by id (``reward_id=7``); what is not given has its default.
    """
    row = model.__new__(model)
    row._state = ModelState()
    fixed, made_anew, relations = _defaults(model)
    columns = row.__dict__
    columns.update(fixed)
    for name, default in made_anew:
        if name not in values:
            columns[name] = default()
    for name, value in values.items():
        if name in relations:
            row._state.fields_cache[name] = value
            columns[relations[name]] = value.pk if value is not None else None
        else:
            columns[name] = value
    return row


def kept(model, names, values):
    """A stored row from the values of all its columns, in the order of ``names``."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, connection.alias
    row.__dict__.update(zip(names, values, strict=True))
    return row


def copied(row):
    """Another of the same stored row, with its columns and without what it was related to."""
    names = [field.attname for field in row._meta.concrete_fields]
    return kept(type(row), names, [row.__dict__[name] for name in names])


@lru_cache(maxsize=64)
def _defaults(model):
    """``(fixed values, [(name, callable)], {relation: column})``."""
    fields = model._meta.concrete_fields
    fixed = {field.attname: None if field.default is NOT_PROVIDED else field.default for field in fields}
    for field in fields:
        # A text that is not said is empty, as Django has it.
        if field.default is NOT_PROVIDED and isinstance(field, models.CharField | models.TextField) and not field.null:
            fixed[field.attname] = ""
    anew = [(name, default) for name, default in fixed.items() if callable(default)]
    relations = {field.name: field.attname for field in fields if field.is_relation}
    return fixed, anew, relations


def fetch(model, where, parameters):
    """The stored rows that a plain condition finds, as ``kept``: for what is asked at every call.

    ``where`` is SQL of ours, after the table's name; the compiler of a queryset takes longer than the database.
    """
    table, columns, names, documents = _selected(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} {where}", parameters)  # noqa: S608
        found = cursor.fetchall()
    if documents:
        found = [_with_documents(values, documents) for values in found]
    return [kept(model, names, values) for values in found]


def _with_documents(values, places):
    values = list(values)
    for place in places:
        if isinstance(values[place], str):
            values[place] = orjson.loads(values[place])
    return values


@lru_cache(maxsize=64)
def _selected(model):
    """``(table, columns, attribute names, the places of JSON)``; Django's cursors give JSON as text."""
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = ", ".join(f"{table}.{quote(field.column)}" for field in fields)
    documents = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]
    return table, columns, [field.attname for field in fields], documents


def insert_new(row):
    """Insert one unsaved row unless a unique constraint knows it already: then None, and nothing is undone."""
    table, names, values = literals([row])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {values} ON CONFLICT DO NOTHING RETURNING id")  # noqa: S608
        made = cursor.fetchone()
    if made is None:
        return None
    inserted(row, made[0])
    return row


def insert_new_ones(rows):
    """Insert unsaved rows of a model with public ids, but for those that a unique constraint knows already.

    Answers the rows that were inserted.
    """
    table, names, values = literals(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) VALUES {values} ON CONFLICT DO NOTHING RETURNING public_id, id"  # noqa: S608
        )
        made = dict(cursor.fetchall())
    new = [row for row in rows if row.public_id in made]
    for row in new:
        inserted(row, made[row.public_id])
    return new


def literals(rows):
    """``(table, columns, "(…), (…)")`` for an INSERT without parameters, in which a % stays one."""
    table, names, encoders = _literals(type(rows[0]))
    values = [", ".join([_literal(row.__dict__[name], encode) for name, encode in encoders]) for row in rows]
    return table, names, f"({'), ('.join(values)})"


def inserted(row, pk):
    row.pk = pk
    row._state.adding, row._state.db = False, connection.alias


def insert(rows):
    """Insert unsaved rows of one model, in order, and give them their ids. No signals, no conflicts ignored."""
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    if len(rows) <= FEW:
        return _insert_few(rows)
    names, encoders = _columns(model)
    with connection.cursor() as cursor:
        for row, pk in zip(rows, _next_ids(cursor, model, len(rows)), strict=True):
            row.pk = pk
            row._state.adding, row._state.db = False, connection.alias
        table = connection.ops.quote_name(model._meta.db_table)
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            copy.write("".join([_line(row.__dict__, encoders) for row in rows]))
    return rows


def _insert_few(rows):
    """One way to the database instead of the three that COPY and its ids take."""
    table, names, values = literals(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {values} RETURNING id")  # noqa: S608
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            inserted(row, pk)
    return rows


def _literal(value, encode):
    return "NULL" if value is None else "'" + encode(value).replace("'", "''") + "'"


@lru_cache(maxsize=64)
def _literals(model):
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    encoders = [(field.attname, _WITHOUT_ESCAPES.get(encode := _encoder(field), encode)) for field in fields]
    return connection.ops.quote_name(model._meta.db_table), names, encoders


def _next_ids(cursor, model, count):
    column = model._meta.pk.column
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
        [model._meta.db_table, column, count],
    )
    return [pk for (pk,) in cursor.fetchall()]


# So many rows are faster by one INSERT.
FEW = 16


# --- COPY's text format --------------------------------------------------------------------------------------------


def _line(values, encoders):
    fields = [encode(value) if (value := values[name]) is not None else "\\N" for name, encode in encoders]
    return "\t".join(fields) + "\n"


@lru_cache(maxsize=64)
def _columns(model):
    fields = model._meta.concrete_fields
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    return names, [(field.attname, _encoder(field)) for field in fields]


def _encoder(field):
    field = field.target_field if field.is_relation else field
    for kind, encode in _ENCODERS.items():
        if isinstance(field, kind):
            return encode
    raise TypeError(f"bulk.insert does not know how to write a {type(field).__name__}.")


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
