"""Files as they come: what is no table, and what is wrong with a line, is told in words."""

import random

import pytest

from advocacy.models import Customer, Job
from advocacy.refusals import Refused
from referrals import imports
from referrals.imports import values
from referrals.models import Import
from tests.referrals.imports_stage import counts, keep, taken

TABLE = "external_id,email,name,total,placed_at\n1,zoe@example.com,Zoë,5.00,2025-01-01\n"


@pytest.mark.parametrize(
    "raw",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("cp1252"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode(),
        ("sep=;\r\n" + TABLE.replace(",", ";").replace("\n", "\r\n")).encode(),
        TABLE.replace("\n", "\r").encode(),
    ],
)
def test_encodings_and_separators_are_recognised(acme, raw):
    assert taken(keep(acme, raw)) == counts(new=1)
    assert Customer.objects.get().name == "Zoë"


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "empty_file", "The file is empty."),
        (b" \n\n", "empty_file", "The file is empty."),
        (b"external_id,email,total,placed_at\n", "empty_file", "nothing below it"),
        (b"PK\x03\x04abc", "not_a_table", "an Excel workbook or another ZIP archive"),
        (b"\x1f\x8b\x08", "not_a_table", "compressed with gzip"),
        (b"[{}]", "not_a_table", "one long JSON list"),
        (b"<html>", "not_a_table", "HTML or XML"),
        ("external_id,email\n1,a@b.c\n".encode("cp500"), "not_a_table", "no header of a table"),
        (b"external_id,email,placed_at\n1,a@b.example,2025-01-01\n", "invalid_header", "No column is total."),
        (b"external_id,email,email,total,placed_at\n", "invalid_header", "names a column twice: email"),
        (b"Order #,N. Revenue,Date\n1,2,3\n", "not_a_table", "WooCommerce"),
        (b"x" * 1_000_001, "not_a_table", "longer than 1000000 signs"),
        (b"Customer ID,First Name,Email,Total Spent\n1,a,b,2\n", "another_kind", "import it as customers"),
    ],
)
def test_what_is_no_table_is_refused_whole_and_leaves_nothing(acme, raw, code, said):
    with pytest.raises(Refused) as refused:
        keep(acme, raw)
    assert refused.value.code == code
    assert said in refused.value.message
    assert (Import.objects.count(), Job.objects.count()) == (0, 0)


ODD = (
    b"external_id,email,name,total,placed_at\n"
    b"1,a@b.example,=1+1,5.00,2025-01-01\n"
    b"2,a@b.example,A\0B,5.00,2025-01-01\n"
    b"3,a@b.example,A,5.00\n"
    b'4,a@b.example,"A"B,5.00,2025-01-01\n'
    b"5,a@b.example,A,-5.00,2025-01-01\n"
    b'6,a@b.example,A,"1,234",2025-01-01\n'
    b"7,a@b.example,A,5.00,03/04/2025\n"
    b"8,a@b.example,A,5.00,2199-01-01\n"
    b"9,a@b.example,A,five,2025-01-01\n"
    b"10,nobody,A,5.00,2025-01-01\n"
    b'11,e@f.example,"A\nB",5.00,2025-01-01\n'
    b",a@b.example,A,5.00,2025-01-01\n"
    b"13,c@d.example,M\xfcller \xc3\xbc\xc3\xbc,5.00,2025-01-01\n"
    b'14,"not closed,A,5.00,2025-01-01\n'
)


def test_what_is_wrong_with_a_line_is_told_of_it_and_the_others_are_taken(acme):
    row = keep(acme, ODD)
    assert taken(row) == counts(new=2, refused=12)
    told = dict(imports.refused(row))
    assert {line: why[:40] for line, why in told.items()} == {
        3: "It holds NUL characters.",
        4: "It has 4 cells instead of 5.",
        5: "It cannot be read (',' expected after '\"'",
        6: "total is below 0; tell what was given ba",
        7: "total: “1,234” can be read in two ways; ",
        8: "placed_at: 03/04/2025 can be read in two",
        9: "placed_at is 2199-01-01T00:00:00+00:00, ",
        10: "total: “five” is no amount.",
        11: "email is not an e-mail address.",
        14: "external_id is missing.",
        15: "It holds signs of another encoding.",
        16: "It cannot be read (unexpected end of dat",
    } | {5: told[5][:40]}
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["=1+1", "A B"]
    assert "'=" not in "".join(imports.table(row))


def test_a_cell_that_a_spreadsheet_would_run_leaves_as_text(acme):
    row = keep(acme, "external_id,email,total,placed_at\n1,a@b.example,=cmd,2025-01-01\n")
    taken(row)
    assert "".join(imports.table(row)).splitlines()[1] == "2,total: “=cmd” is no amount."


@pytest.mark.parametrize(
    ("text", "currency", "decimal", "minor"),
    [
        ("12.50", "EUR", "", 1250),
        ("12,5", "EUR", "", 1250),
        ("1.234,50 €", "EUR", "", 123450),
        ("USD 1,234.50", "USD", "", 123450),
        ("1,234,567", "USD", "", 123456700),
        ("1'234.50", "CHF", "", 123450),
        ("(4.00)", "EUR", "", -400),
        ("1,234", "USD", ".", 123400),
        ("1.234", "EUR", ",", 123400),
        ("1250", "JPY", "", 1250),
        ("1.234", "KWD", "", 1234),
        ("0.125", "EUR", "", 13),
    ],
)
def test_amounts_as_people_write_them(text, currency, decimal, minor):
    assert values.minor("total", text, currency, decimal=decimal) == minor


@pytest.mark.parametrize(
    ("text", "currency"), [("$5.00", "EUR"), ("USD 6.00", "EUR"), ("5,00 €", "USD"), ("£1", "JPY")]
)
def test_an_amount_of_another_currency_is_not_taken_for_one_of_the_orders_own(text, currency):
    with pytest.raises(Refused) as refused:
        values.minor("total", text, currency)
    assert refused.value.message == f"total: “{text}” is not in {currency}."


@pytest.mark.parametrize("text", ["2026-03-01T12:00:00+99:00", "2026-03-01 10:00:00 +9999", "2026-03-01T10:00+99:99"])
def test_a_moment_of_an_offset_that_does_not_exist_is_no_date(text):
    with pytest.raises(Refused, match="is no date"):
        values.moment("placed_at", text, zone="UTC")


def test_lines_that_an_unclosed_quotation_takes_in_are_each_told(acme):
    row = keep(acme, 'external_id,email\n1,"a@acme.co\n2,b@acme.co\n3,c@acme.co\n', "customers")
    assert taken(row) == counts(refused=3)
    why = "It stands in the quotation that line 2 begins."
    assert [(line, said[:46]) for line, said in imports.refused(row)][1:] == [(3, why), (4, why)]


@pytest.mark.parametrize(
    ("text", "dates", "moment"),
    [
        ("2025-04-03", "", "2025-04-02T22:00:00+00:00"),
        ("2025-04-03 10:00:00 +0200", "", "2025-04-03T08:00:00+00:00"),
        ("2025-04-03T10:00:00Z", "", "2025-04-03T10:00:00+00:00"),
        ("3.4.2025 10:00", "", "2025-04-03T08:00:00+00:00"),
        ("3/4/2025", "day_first", "2025-04-02T22:00:00+00:00"),
        ("4/3/2025 1:30 PM", "month_first", "2025-04-03T11:30:00+00:00"),
        ("31/12/2025", "", "2025-12-30T23:00:00+00:00"),
    ],
)
def test_moments_as_people_write_them(text, dates, moment):
    assert values.moment("placed_at", text, zone="Europe/Berlin", dates=dates).isoformat() == moment


def test_a_moment_that_is_read_at_once_is_what_a_close_look_reads(monkeypatch):
    dice = random.Random(8)

    def read(text, zone):
        try:
            return values.moment("placed_at", text, zone=zone)
        except Exception as error:
            return repr(error)

    for _ in range(2000):
        day = f"{dice.choice([2025, 1969, 9999, 1, 0]):04d}-{dice.randint(0, 13):02d}-{dice.randint(0, 32):02d}"
        clock = f"{dice.randint(0, 24):02d}:{dice.randint(0, 60):02d}:{dice.randint(0, 60):02d}"
        offset = dice.choice(["", "Z", " +0100", "-05:30", "+2300", "+2500", "+0199", "-0000", " +12:45"])
        text, zone = f"{day}{dice.choice(' T')}{clock}{offset}", dice.choice(["UTC", "Europe/Berlin"])
        at_once = read(text, zone)
        with monkeypatch.context() as patched:
            patched.setattr(values, "_at_once", lambda *_: None)
            assert read(text, zone) == at_once, text
