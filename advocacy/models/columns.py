"""Columns and constraints that every app's models are made of."""

import pgtrigger
from django.db import models

from advocacy import ids


class PublicIdField(models.UUIDField):
    """The id the world sees, as a version 7 UUID; ``advocacy.ids`` writes it with its prefix."""

    def __init__(self, **options):
        super().__init__(**{"default": ids.uuid7, "unique": True, "editable": False} | options)


class MinorField(models.BigIntegerField):
    """Money in minor units, or points."""


class UnitField(models.CharField):
    """An ISO 4217 code, or ``PTS`` for points."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 3} | options)


class SealedField(models.BinaryField):
    """Holds what ``advocacy.secrets.seal`` made, for ``secrets.open``. Resealing finds these columns by their type."""


class FingerprintField(models.BinaryField):
    """``secrets.fingerprint`` of exactly the text that the column ``of`` seals, to find it by. Give it a constraint."""

    def __init__(self, *, of="", **options):
        self.of = of
        super().__init__(**{"max_length": 32, "editable": False} | options)

    def fingerprinted(self, text):
        """What of the sealed text is fingerprinted: all of it, unless a kind of its own says otherwise."""
        return text

    def deconstruct(self):
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, options | {"of": self.of}


def one_of(column, choices, *, name):
    """A state column holds one of its states, whoever writes it."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__in": choices.values}),
        name=name,
        violation_error_message=f"{column} must be one of: {', '.join(choices.values)}.",
    )


def at_least(column, least, *, name, message):
    return models.CheckConstraint(
        condition=models.Q(**{f"{column}__gte": least}), name=name, violation_error_message=message
    )


def append_only(rows):
    """Triggers of a table whose rows are never changed nor deleted, one by one or all at once. ``rows``: what they are,
    in one word, such as ``transfers``.
    """
    changed = pgtrigger.Protect(name=f"{rows}_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
    return [changed, never_emptied(rows)]


def unchanging(name, *columns, while_=""):
    """A trigger: these columns stay as they were entered. ``while_``: only of rows of which this SQL is true before.

    It asks no function unless one of them changes, so even a table that is written all the time can have it.
    """
    changes = pgtrigger.AnyChange(*columns)
    return pgtrigger.Protect(
        name=name, operation=pgtrigger.Update, condition=_Both(while_, changes) if while_ else changes
    )


class _Both(pgtrigger.Condition):
    def __init__(self, sql, other):
        super().__init__(sql)
        self.other = other

    def resolve(self, model):
        return f"(({self.sql}) AND {self.other.resolve(model)})"


def never_emptied(rows):
    """TRUNCATE asks no trigger of a row."""
    return pgtrigger.Trigger(
        name=f"{rows}_are_never_emptied",
        level=pgtrigger.Statement,
        operation=pgtrigger.Truncate,
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'Cannot truncate %, which keeps history.', TG_TABLE_NAME;",
    )
