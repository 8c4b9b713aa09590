"""After a test with real transactions its rows go, as quickly as they may.

Django truncates every table, which makes hundreds of new files, and writes the content types and permissions anew.
"""

import pgtrigger
from django.db import connection
from django.test import TransactionTestCase

# Foreign keys and the triggers that keep history hinder nobody here. Who still writes is waited for.
_EMPTY = """
DO $$
DECLARE
    names text[] := ARRAY(
        SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = current_schema()
        AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    );
    name text;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    EXECUTE 'LOCK TABLE ' || array_to_string(names, ', ');
    FOREACH name IN ARRAY names LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP;
END $$
"""
OTHERS_LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user
"""
_truncate = TransactionTestCase._fixture_teardown


def install():
    TransactionTestCase._fixture_teardown = _empty_or_truncate


def _empty_or_truncate(case):
    if may_empty():
        empty()
    else:
        with pgtrigger.ignore():
            _truncate(case)


def may_empty():
    """A server of yours may have given the tests a user who cannot leave triggers out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return cursor.fetchone() == (True,)


def empty():
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
