"""Make, insert and update many rows at once, many times faster than Django's ``bulk_create`` and ``bulk_update``: by
PostgreSQL's COPY, a few by an INSERT, and changes by one UPDATE.

The ids of what was inserted are known afterwards.

A lane settles thousands of conversions a second, each with ten rows: Django's own constructor and compiler would take
most of the time.
"""

from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

import orjson
from django.db import connection, models
from django.db.models.base import ModelState
from django.db.models.fields import NOT_PROVIDED

from advocacy.models import written


def made(model, **values):
    """An unsaved row, like ``model(**values)`` but without its checks and signals.

    Foreign keys are given by row (``reward=reward``) or by id (``reward_id=7``); what is not given has its default.
    """
    row = model.__new__(model)
    state = row._state = ModelState()
    fixed, made_anew, relations = _defaults(model)
    columns = row.__dict__
    columns.update(fixed)
    columns.update(values)
    for name, default in made_anew:
        if name not in values:
            columns[name] = default()
    for name, column in relations:
        if name in values:
            value = state.fields_cache[name] = columns.pop(name)
            columns[column] = value.pk if value is not None else None
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
    """``(fixed values, [(name, callable)], [(relation, column)])``."""
    fields = model._meta.concrete_fields
    fixed = {field.attname: None if field.default is NOT_PROVIDED else field.default for field in fields}
    for field in fields:
        # A text that is not said is empty, as Django has it.
        if field.default is NOT_PROVIDED and isinstance(field, models.CharField | models.TextField) and not field.null:
            fixed[field.attname] = ""
    anew = [(name, default) for name, default in fixed.items() if callable(default)]
    relations = [(field.name, field.attname) for field in fields if field.is_relation]
    return fixed, anew, relations


def fetch(model, where, parameters):
    """The stored rows that a plain condition finds, as ``kept``: for what is asked at every call.

    ``where`` is SQL of ours, after the table's name; the compiler of a queryset takes longer than the database.
    """
    table, columns, names, readers = _selected(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} {where}", parameters)  # noqa: S608
        found = cursor.fetchall()
    return [kept(model, names, _read(values, readers)) for values in found]


def fetch_with(model, relations, where, parameters):
    """The same, each with the rows that it belongs to: ``("program", "advocate", "advocate.customer")``, none empty."""
    table, columns, names, readers = _selected(model)
    joined, parts, width = [f"{table} AS row"], [(model, names, None, "")], len(names)
    columns = columns.replace(f"{table}.", "row.")
    for number, path in enumerate(relations):
        owner, _, name = path.rpartition(".")
        field = next(part[0] for part in parts if part[3] == owner)._meta.get_field(name)
        other, theirs, their_names, their_readers = _selected(field.related_model)
        above = f"r{relations.index(owner)}" if owner else "row"
        joined.append(f"JOIN {other} AS r{number} ON r{number}.id = {above}.{field.column}")
        columns += ", " + theirs.replace(f"{other}.", f"r{number}.")
        readers = [*readers, *((width + place, read) for place, read in their_readers)]
        parts.append((field.related_model, their_names, owner, path))
        width += len(their_names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {' '.join(joined)} {where}", parameters)  # noqa: S608
        found = cursor.fetchall()
    return [_belonging(parts, _read(values, readers)) for values in found]


def _belonging(parts, values):
    rows, start = {}, 0
    for model, names, owner, path in parts:
        rows[path] = kept(model, names, values[start : start + len(names)])
        start += len(names)
        if owner is not None:
            setattr(rows[owner], path.rpartition(".")[2], rows[path])
    return rows[""]


def _read(values, readers):
    values = list(values)
    for place, read in readers:
        if type(values[place]) is str:
            values[place] = read(values[place])
    return values


@lru_cache(maxsize=64)
def _selected(model):
    """``(table, columns, attribute names, [(place, what reads it)])``.

    Django's cursors give JSON as text; moments are asked for as text, because the driver takes ten times as long.
    """
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    readers = [
        (place, read)
        for place, field in enumerate(fields)
        for kind, read in _READERS.items()
        if isinstance(field, kind)
    ]
    columns = [f"{table}.{quote(field.column)}" for field in fields]
    for place, field in enumerate(fields):
        if isinstance(field, models.DateTimeField):
            # Under a name of its own: ORDER BY the column's would sort by the text.
            columns[place] += f"::text AS at_{place}"
    columns = ", ".join(columns)
    return table, columns, [field.attname for field in fields], readers


_READERS = {models.JSONField: orjson.loads, models.DateTimeField: datetime.fromisoformat}


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


def literals(rows):
    """``(table, columns, "(…), (…)")`` for an INSERT without parameters, in which a % stays one."""
    table, names, encoders = written.literals(type(rows[0]))
    values = [", ".join([written.literal(row.__dict__[name], encode) for name, encode in encoders]) for row in rows]
    return table, names, f"({'), ('.join(values)})"


def inserted(row, pk):
    row.pk = pk
    row._state.adding, row._state.db = False, connection.alias


def insert(rows):
    """Insert unsaved rows of one model, in order, and give them their ids. No signals, no conflicts ignored."""
    rows = list(rows)
    with inserting(rows):
        return rows


@contextmanager
def inserting(rows):
    """The same, by the end of its block: meanwhile that does what needs no database. They have their ids in it."""
    if not rows:
        yield
    elif len(rows) <= FEW:
        _insert_few(rows)
        yield
    else:
        yield from _copied_in(rows)


def _copied_in(rows):
    model = type(rows[0])
    names, encoders = written.columns(model)
    key, alias = model._meta.pk.attname, connection.alias
    with connection.cursor() as cursor:
        for row, pk in zip(rows, _next_ids(cursor, model, len(rows)), strict=True):
            row.__dict__[key] = pk
            row._state.adding, row._state.db = False, alias
        table = connection.ops.quote_name(model._meta.db_table)
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            # The database takes the first while the next are written.
            for start in range(0, len(rows), _AT_ONCE):
                copy.write(written.lines([row.__dict__ for row in rows[start : start + _AT_ONCE]], encoders))
            yield


def insert_columns(model, *, same, each):
    """Insert many rows without making objects of them; answers their ids.

    ``same``: what all of them say, by attribute name; ``each``: lists of what each says. The rest has its default.
    """
    count = len(next(iter(each.values())))
    fixed, made_anew, _ = _defaults(model)
    said = fixed | same
    for name, default in made_anew:
        if name not in same and name not in each:
            each = each | {name: [default() for _ in range(count)]}
    names, encoders = written.columns(model)
    with connection.cursor() as cursor:
        each = each | {model._meta.pk.attname: (made := _next_ids(cursor, model, count))}
        table = connection.ops.quote_name(model._meta.db_table)
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            copy.write(written.lines_of(said, each, encoders, count))
    return made


def _insert_few(rows):
    """One way to the database instead of the three that COPY and its ids take."""
    table, names, values = literals(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {values} RETURNING id")  # noqa: S608
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            inserted(row, pk)


def array(values):
    """Texts, or what is written as they are read (ids, moments), as one parameter ``%s::type[]`` or ``ANY(%s)``.

    The driver would look at each by itself, which takes longer than the database's work.
    """
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{joined}"}}'


def update(rows, names):
    """Write these columns (attribute names, in a tuple) of changed rows of one model, each row once, by one statement.

    Only the ids and the columns of the rows are read, so ``made(Model, id=7, …)`` will do.
    """
    rows = list(rows)
    if not rows:
        return
    columns = [[getattr(row, name) for row in rows] for name in ("id", *names)]
    with connection.cursor() as cursor:
        cursor.execute(_update(type(rows[0]), names), columns)


@lru_cache(maxsize=64)
def _update(model, names):
    table, quote = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = [quote(fields[name].column) for name in names]
    arrays = ", ".join(f"%s::{_array_of(fields[name])}[]" for name in ("id", *names))
    sets = ", ".join(f"{column} = now.{column}" for column in columns)
    now = f"now (id, {', '.join(columns)})"
    return f"UPDATE {table} SET {sets} FROM unnest({arrays}) AS {now} WHERE {table}.id = now.id"  # noqa: S608


def _array_of(field):
    """Its type in SQL; a cast to a varchar(10) would cut what is too long instead of refusing it."""
    return "text" if isinstance(field, models.CharField) else field.rel_db_type(connection)


def _next_ids(cursor, model, count):
    cursor.execute(_NEXT, [model._meta.db_table, model._meta.pk.column, count])
    return list(map(int, cursor.fetchone()[0].split()))


# The sequence is looked up once, not for each id.
_NEXT = """
    SELECT string_agg(nextval(sequence)::text, ' ')
    FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence OFFSET 0) AS named, generate_series(1, %s)
"""
# So many rows are faster by one INSERT.
FEW = 16
_AT_ONCE = 500
