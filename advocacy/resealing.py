"""Seal every secret anew with the first of ENCRYPTION_KEYS, so that the others can be thrown away."""

import pgtrigger
from django.apps import apps
from django.db import transaction

from advocacy import secrets
from advocacy.models.columns import FingerprintField, SealedField

BATCH = 500


def reseal(models=None):
    """Write all sealed columns and their fingerprints with the first key; returns how many rows of each model
    (of ``models``; otherwise of all).

    Web and workers must be stopped: until the other keys are taken away they would look for the old fingerprints.
    A batch is one transaction, and a second run does no harm.
    """
    chosen = [model for model in models or apps.get_models() if _columns(model, SealedField)]
    return {model._meta.label: _reseal(model) for model in chosen}


def _reseal(model):
    last, count = 0, 0
    while True:
        # Registers that are append-only say the same afterwards.
        with transaction.atomic(), pgtrigger.ignore():
            rows = list(model._base_manager.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH])
            for row in rows:
                model._base_manager.filter(pk=row.pk).update(**_anew(row))
        if not rows:
            return count
        last, count = rows[-1].pk, count + len(rows)


def _anew(row):
    sealed = _columns(row, SealedField)
    texts = {
        column.name: secrets.open(getattr(row, column.name))
        for column in sealed
        if getattr(row, column.name) is not None
    }
    anew = {name: secrets.seal(text) for name, text in texts.items()}
    for column in _columns(row, FingerprintField):
        if column.of in texts:
            anew[column.name] = secrets.fingerprint(column.fingerprinted(texts[column.of]), key=0)
    return anew


def _columns(model, kind):
    return [column for column in model._meta.concrete_fields if isinstance(column, kind)]
