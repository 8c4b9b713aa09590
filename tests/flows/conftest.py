import pytest
from django.apps import apps
from django.db import connection

_COUNTED = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if model._meta.app_label in ("advocacy", "referrals", "rewards") and model.__name__ != "ApiKey"
)
# One question: it is asked twice by every test of what is refused.
_COUNTS = " UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in _COUNTED)


@pytest.fixture
def counted(db):
    """``counted()``: how many rows each of our tables has; what is the same after a refusal wrote nothing."""

    def counts():
        with connection.cursor() as cursor:
            cursor.execute(_COUNTS)
            return dict(cursor.fetchall())

    return counts
