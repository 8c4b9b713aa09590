"""What a field of a call takes, as a table. Nothing is coerced."""

from datetime import UTC, datetime

import pytest

from advocacy.api import fields, problems

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Line(fields.StrictSerializer):
    price_minor = fields.Minor()


class Example(fields.StrictSerializer):
    total_minor = fields.Minor(required=False)
    name = fields.Text(required=False, max_length=5)
    external_id = fields.Name(required=False)
    currency = fields.Currency(required=False)
    country = fields.Country(required=False)
    paid = fields.Flag(required=False)
    when = fields.Time(required=False)
    happened = fields.PastTime(required=False)
    kind = fields.Choice(choices=["a", "b"], required=False)
    metadata = fields.Metadata(required=False)
    lines = Line(many=True, required=False)


def errors_of(data):
    call = Example(data=data, context={"at": AT})
    return problems.flat(call.errors) if not call.is_valid() else {}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("total_minor", "12", "must be a whole number such as 1250, not a text"),
        ("total_minor", 1.5, "must be a whole number such as 1250, not a number with decimals"),
        ("total_minor", 12.0, "must be a whole number such as 1250, not a number with decimals"),
        ("total_minor", True, "must be a whole number such as 1250, not true or false"),
        ("total_minor", [], "must be a whole number such as 1250, not a list"),
        ("total_minor", -1, "must be 0 or more: minor units are never negative here"),
        ("total_minor", 10**12 + 1, "must be at most 1000000000000"),
        ("lines", [{"price_minor": None}], "This field may not be null."),
        ("name", 5, "must be a text, not a number"),
        ("name", "sixsix", "Ensure this field has no more than 5 characters."),
        ("external_id", "", "This field may not be blank."),
        ("external_id", " a", "must be printable, without spaces at its beginning or end"),
        ("external_id", "a\nb", "must be printable, without spaces at its beginning or end"),
        ("currency", "eur", "must be an ISO 4217 code in capitals, such as EUR"),
        ("currency", "XXX", "must be an ISO 4217 code in capitals, such as EUR"),
        ("country", "Germany", "must be an ISO 3166 code of two capitals, such as DE"),
        ("country", "de", "must be an ISO 3166 code of two capitals, such as DE"),
        ("paid", "true", "must be true or false, not a text"),
        ("paid", 1, "must be true or false, not a number"),
        ("when", "2026-11-22", "must be a time with its offset, such as 2026-11-22T10:15:00+01:00"),
        ("when", "2026-11-22T10:15:00", "must be a time with its offset, such as 2026-11-22T10:15:00+01:00"),
        ("when", 1763800000, "must be a time with its offset, such as 2026-11-22T10:15:00+01:00"),
        ("when", "2026-02-30T10:15:00Z", "is not a time that exists: day is out of range for month"),
        ("when", "9999-12-31T23:59:59-12:00", "must be between the years 1970 and 2200"),
        ("happened", "2026-11-23T12:00:01Z", "is in the future; the latest time taken is 2026-11-23T12:00:00+00:00"),
        ("kind", "c", "must be one of: a, b"),
        ("kind", {}, "must be one of: a, b"),
        ("metadata", {"a": "x" * 10_000}, "must be at most 10000 characters as JSON"),
        ("metadata", [], 'Expected a dictionary of items but got type "list".'),
    ],
)
def test_a_wrong_value_is_refused_in_words(field, value, sentence):
    assert list(errors_of({field: value}).values()) == [sentence]


@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        ("total_minor", 0, 0),
        ("name", " a ", " a "),
        ("external_id", "ord/5 ü", "ord/5 ü"),
        ("when", "2026-11-22T10:15:00.5+01:00", datetime(2026, 11, 22, 9, 15, 0, 500_000, tzinfo=UTC)),
        ("when", "2026-11-22t10:15:00z", datetime(2026, 11, 22, 10, 15, tzinfo=UTC)),
        ("happened", "2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("metadata", {"a": [1, None]}, {"a": [1, None]}),
    ],
)
def test_a_good_value_is_taken_as_it_is(field, value, taken):
    call = Example(data={field: value}, context={"at": AT})
    assert call.is_valid()
    assert call.validated_data == {field: taken}


def test_an_optional_field_that_is_null_counts_as_not_sent():
    call = Example(data={"total_minor": None, "name": "a"}, context={"at": AT})
    assert call.is_valid()
    assert call.validated_data == {"name": "a"}


def test_unknown_fields_are_refused_by_name_together_with_every_other_error():
    assert errors_of({"totl_minor": 1, "zzz": 2, "paid": 1, "lines": [{"price_minor": 1}, {"price": 2}]}) == {
        "totl_minor": "unknown field: totl_minor; did you mean total_minor?",
        "zzz": "unknown field: zzz",
        "paid": "must be true or false, not a number",
        "lines[1].price": "unknown field: price; did you mean price_minor?",
        "lines[1].price_minor": "This field is required.",
    }


def test_a_body_that_is_no_object_is_refused():
    assert errors_of([]) == {"": "Invalid data. Expected a dictionary, but got list."}
