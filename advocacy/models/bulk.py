"""Insert many rows at once by PostgreSQL's COPY: several times faster than ``bulk_create``, with ids known before."""

from django.db import connection
from django.db.models import JSONField
from psycopg.types.json import Jsonb


def insert(rows):
    """Insert unsaved rows of one model, in order, and give them their ids. No signals, no conflicts ignored."""
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    columns = model._meta.concrete_fields
    with connection.cursor() as cursor:
        for row, pk in zip(rows, _next_ids(cursor, model, len(rows)), strict=True):
            row.pk = pk
            row._state.adding, row._state.db = False, connection.alias
        names = ", ".join(connection.ops.quote_name(field.column) for field in columns)
        table = connection.ops.quote_name(model._meta.db_table)
        read = [(field.attname, isinstance(field, JSONField)) for field in columns]
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                values = row.__dict__
                copy.write_row([Jsonb(values[name]) if is_json else values[name] for name, is_json in read])
    return rows


def _next_ids(cursor, model, count):
    column = model._meta.pk.column
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
        [model._meta.db_table, column, count],
    )
    return [pk for (pk,) in cursor.fetchall()]
