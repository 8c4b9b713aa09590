"""Statements of what is asked at every call: planned once per connection, without asking first whether it lives."""

import psycopg
from django.db import InterfaceError, OperationalError, connection


def rows(statement, parameters):
    """What the statement answers. It may run twice: on a new connection where the old one has died.

    Django's own cursor would have it planned anew each time, and ask the connection before the request's first one.
    """
    try:
        return _executed(statement, parameters)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return _executed(statement, parameters)


def _executed(statement, parameters):
    connection.ensure_connection()
    wrapped = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrapped(psycopg.Cursor(connection.connection)) as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    # It answered: Django need not ask it whether it would.
    connection.health_check_done = True
    return found
