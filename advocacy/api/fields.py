"""What a field of a call takes and what a field of an answer shows. Nothing is coerced: ``"12"`` is no number."""

import difflib
import json
import operator
import re
import threading
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_noop
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from advocacy import ids, money

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# How far a storefront's clock may be ahead of ours.
CLOCK_SKEW = timedelta(days=1)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII).fullmatch
LARGEST_METADATA = 10_000


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know by name, with the one that was probably meant.

    An optional field that is null counts as not sent.
    """

    def to_internal_value(self, data):
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        taken = self._taken
        errors = {name: self._unknown(name) for name in data if name not in taken}
        data = {name: value for name, value in data.items() if value is not None or self._says_null(name)}
        values, invalid = self._values(data)
        if errors or invalid:
            raise serializers.ValidationError(errors | invalid)
        return values

    def _values(self, data):
        """``(values, errors)``: as Django REST framework does it, but of the fields alone that were sent or must be."""
        values, errors = {}, {}
        for name, field in self._taken.items():
            if name in data or field.required or field.default is not serializers.empty:
                try:
                    self.set_value(values, field.source_attrs, field.run_validation(field.get_value(data)))
                except serializers.ValidationError as error:
                    errors[name] = error.detail
                except DjangoValidationError as error:
                    errors[name] = serializers.get_error_detail(error)
                except serializers.SkipField:
                    pass
        return values, errors

    @cached_property
    def _taken(self):
        return {name: field for name, field in self.fields.items() if not field.read_only}

    def _says_null(self, name):
        field = self._taken.get(name)
        return field is not None and (field.required or field.allow_null)

    def _unknown(self, name):
        close = difflib.get_close_matches(name[:60], list(self._taken), n=1)
        return [f"unknown field: {name[:60]}" + (f"; did you mean {close[0]}?" if close else "")]


class Text(serializers.CharField):
    """A text as it was sent: nothing is stripped."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 200, "allow_blank": True, "trim_whitespace": False} | options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            raise serializers.ValidationError(f"must be a text, not {kind_of(data)}")
        return super().to_internal_value(data)


class Name(Text):
    """Names one thing, such as an id of the storefront's own: not empty, printable, no space at its ends."""

    def __init__(self, **options):
        super().__init__(**{"allow_blank": False} | options)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if not value.isprintable() or value != value.strip():
            raise serializers.ValidationError("must be printable, without spaces at its beginning or end")
        return value


class Whole(serializers.IntegerField):
    """A whole number, written as one."""

    def to_internal_value(self, data):
        if type(data) is not int:
            raise serializers.ValidationError(f"must be a whole number such as 1250, not {kind_of(data)}")
        return super().to_internal_value(data)


class Minor(Whole):
    """Money in minor units: 1250 is 12.50 EUR."""

    default_error_messages = {
        "min_value": gettext_noop("must be {min_value} or more: minor units are never negative here"),
        "max_value": gettext_noop("must be at most {max_value}"),
    }

    def __init__(self, **options):
        super().__init__(**{"min_value": 0, "max_value": money.LARGEST_MINOR} | options)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data):
        if not isinstance(data, bool):
            raise serializers.ValidationError(f"must be true or false, not {kind_of(data)}")
        return data


@extend_schema_field({"type": "string", "pattern": "^([A-Za-z0-9][A-Za-z0-9._-]*)?$"})
class Label(Text):
    """A word of the storefront's own that names no person; ``advocacy.given.label`` refuses what is none."""


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$"})
class Currency(Name):
    def __init__(self, **options):
        super().__init__(**{"max_length": 3, "min_length": 3} | options)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if value not in money.CURRENCIES:
            raise serializers.ValidationError("must be an ISO 4217 code in capitals, such as EUR")
        return value


@extend_schema_field({"type": "string", "pattern": "^([A-Z]{2})?$"})
class Country(Text):
    """Two capitals (ISO 3166), or empty where it is not known."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 2} | options)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if value and not re.fullmatch("[A-Z]{2}", value):
            raise serializers.ValidationError("must be an ISO 3166 code of two capitals, such as DE")
        return value


class Time(serializers.DateTimeField):
    """RFC 3339 with an offset; what has none could mean any zone."""

    def to_internal_value(self, data):
        if not isinstance(data, str) or not _RFC3339(data):
            raise serializers.ValidationError("must be a time with its offset, such as 2026-11-22T10:15:00+01:00")
        try:
            moment = datetime.fromisoformat(data.upper().replace("Z", "+00:00"))
            inside = EARLIEST <= moment <= LATEST
        except (ValueError, OverflowError) as error:
            raise serializers.ValidationError(f"is not a time that exists: {error}") from error
        if not inside:
            raise serializers.ValidationError("must be between the years 1970 and 2200")
        return moment.astimezone(UTC)


class PastTime(Time):
    """When something happened: not later than now, give or take the clocks. Needs ``at`` in the context."""

    def to_internal_value(self, data):
        moment = super().to_internal_value(data)
        latest = self.context["at"] + CLOCK_SKEW
        if moment > latest:
            raise serializers.ValidationError(f"is in the future; the latest time taken is {latest.isoformat()}")
        return moment


@extend_schema_field(OpenApiTypes.OBJECT)
class Metadata(serializers.DictField):
    """An object of the storefront's own, kept as it is: at most 10,000 characters of JSON."""

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if len(json.dumps(value, ensure_ascii=False)) > LARGEST_METADATA:
            raise serializers.ValidationError(f"must be at most {LARGEST_METADATA} characters as JSON")
        return value


class Choice(serializers.ChoiceField):
    default_error_messages = {"invalid_choice": gettext_noop("must be one of: {known}")}

    def to_internal_value(self, data):
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", known=", ".join(str(choice) for choice in self.choices))
        return self.choice_strings_to_values[data]


class Moment(serializers.DateTimeField):
    """A time of an answer, in UTC."""

    def __init__(self, **options):
        super().__init__(**{"read_only": True, "default_timezone": UTC} | options)


@extend_schema_field(OpenApiTypes.STR)
class PublicId(serializers.Field):
    """A row's public id with its prefix; ``source`` leads to the UUID."""

    def __init__(self, kind, **options):
        self.kind, self.prefix = kind, ids.PREFIXES[kind]
        super().__init__(**{"read_only": True} | options)

    def to_representation(self, value):
        return ids.encode(self.prefix, value)


class MoneyAnswer(serializers.Serializer):
    amount_minor = serializers.IntegerField(help_text="In minor units: 1250 is 12.50 EUR. Points are whole.")
    currency = serializers.CharField(help_text="ISO 4217, or PTS for points.")


@extend_schema_field(MoneyAnswer)
class Money(serializers.Field):
    """``amount`` and ``unit`` name the row's columns; None where the amount is not set."""

    def __init__(self, amount, unit="currency", **options):
        self.amount, self.unit = amount, unit
        super().__init__(**{"read_only": True, "source": "*"} | options)

    def to_representation(self, row):
        amount, unit = self._of(row, self.amount), self._of(row, self.unit)
        return None if amount is None else {"amount_minor": amount, "currency": unit}

    @staticmethod
    def _of(row, path):
        for name in path.split("."):
            row = row[name] if isinstance(row, dict) else getattr(row, name)
        return row


_of_thread = threading.local()


def kept(serializer):
    """One of this class for all calls of a thread: making its fields takes longer than asking them."""
    made = _of_thread.__dict__
    if serializer not in made:
        made[serializer] = serializer()
    return made[serializer]


def shown(serializer, row):
    """``serializer(row).data`` of a row of the database, as a plain dictionary, for calls that come often."""
    made = kept(serializer)
    answer = {}
    for name, read, show in made.__dict__.get("_plan") or _plan(made):
        value = row if read is None else read(row)
        answer[name] = None if value is None else show(value)
    return answer


def _plan(made):
    """How each field is read and shown: Django REST framework asks anew for each field of each row."""
    made._plan = [
        (name, operator.attrgetter(field.source) if field.source != "*" else None, field.to_representation)
        for name, field in made.fields.items()
        if not field.write_only
    ]
    return made._plan


def validated(serializer, data, context):
    """What ``serializer(data=data, context=context)`` takes; raises its ``ValidationError``."""
    call = kept(serializer)
    call._context = context
    try:
        return call.run_validation(data)
    except serializers.ValidationError:
        # Told as ever, by one that saw nothing before.
        serializer(data=data, context=context).is_valid(raise_exception=True)
        raise


def kind_of(value):
    """What was sent instead, in a reader's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    words = {str: "a text", int: "a number", float: "a number with decimals", dict: "an object", list: "a list"}
    return words[type(value)]
