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
