"""Columns and constraints that every app's models are made of."""

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
