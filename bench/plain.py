"""The rows that a settling made, inserted again by ``bulk_create``: what Django takes for the rows alone."""

import time

from django.db import connection, transaction

from advocacy.models import Event
from rewards.models import Account, Counter, Decision, Reward, Subject, Transfer

BATCH = 500
# In the order in which they refer to each other.
MODELS = (Subject, Counter, Decision, Reward, Account, Event, Transfer)


def insert_again():
    """Seconds for all of them, 500 a transaction."""
    rows = {model: list(model.objects.order_by("pk")) for model in MODELS if model is not Event}
    rows[Event] = list(Event.objects.filter(subject_kind="reward").order_by("pk"))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model in reversed(MODELS):
            where = " WHERE subject_kind = 'reward'" if model is Event else ""
            cursor.execute(f"DELETE FROM {model._meta.db_table}{where}")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    for model in MODELS:
        for start in range(0, len(rows[model]), BATCH):
            with transaction.atomic():
                model.objects.bulk_create(rows[model][start : start + BATCH])
    return time.perf_counter() - began
