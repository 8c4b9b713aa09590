"""What leaves as a table is text to a spreadsheet, never a formula; what comes as one is read or refused in words."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advocacy import tables
from advocacy.models import Customer
from advocacy.pages import downloads
from advocacy.refusals import Refused
from tests import cast


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Alice", "Alice"),
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("＝1+1", "'＝1+1"),
        ("a=b", "a=b"),
        ("Ref;=1+1", "Ref;'=1+1"),
        ("Otto\t =1", "Otto\t '=1"),
        ("'quoted", "'quoted"),
        (-1250, "-1250"),
        (Decimal("-12.50"), "-12.50"),
        (Decimal("1E+3"), "1000"),
        (0, "0"),
        (None, ""),
        (True, "yes"),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-03-02T12:00:00+00:00"),
        ("", ""),
    ],
)
def test_a_cell_is_never_run(value, written):
    assert tables.cell(value) == written


def test_a_float_is_no_amount():
    with pytest.raises(TypeError, match="int or a Decimal"):
        tables.cell(12.5)


def test_a_table_is_written_line_by_line():
    lines = tables.write(["name", "amount"], iter([["Alice; Bob", 5], ['says "=1"', -5], ["=1,2", None]]), bom=True)
    assert next(lines) == "\ufeffname,amount\r\n"
    assert list(lines) == ["Alice; Bob,5\r\n", '"says ""=1""",-5\r\n', '"\'=1,2",\r\n']


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=5))
def test_no_text_at_all_begins_as_a_formula(rows):
    text = "".join(tables.write(["a", "b"], rows))
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert len(read) == len(rows)
    assert not [each for row in read for each in row if each.lstrip()[:1] in ("=", "+", "-", "@")]


NAMES = {"columns": ["code", "amount"], "optional": ["note"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"code,amount\nA-1,5\n\nA-2,6",
        b"\xef\xbb\xbfCode;Amount\r\nA-1;5\r\n;\r\nA-2;6\r\n",
        "code\tamount\nA-1\t5\n\nA-2\t6\n".encode("utf-16"),
        b'amount,"code"\n5, A-1 \n\n6,"A-2"\n',
    ],
)
def test_a_file_is_read_whatever_saved_it(raw):
    assert tables.read(raw, **NAMES) == [(2, {"code": "A-1", "amount": "5"}), (4, {"code": "A-2", "amount": "6"})]


def test_what_was_written_is_read_again():
    rows = [["=A-1", "-5", "über"], ["'A-2", "6", 'a "line"\nand another']]
    text = "".join(tables.write(["code", "amount", "note"], rows, bom=True))
    found = tables.read(text.encode(), **NAMES)
    assert [list(row.values()) for _, row in found] == rows
    assert [number for number, _ in found] == [2, 3]


@pytest.mark.parametrize(
    ("raw", "code", "sentence"),
    [
        (b"", "empty_file", "The file is empty."),
        (b"\n \n", "empty_file", "The file is empty."),
        (b"code,amount\nA\0,5", "not_a_table", "it holds NUL characters"),
        (b"PK\x03\x04\xff\xff", "not_utf8", "look at line 1. Save it as “CSV UTF-8”"),
        (b"code,amount\nA-1,5\n\xe4,6", "not_utf8", "look at line 3"),
        (
            b"code\nA-1",
            "invalid_header",
            "it lacks the column amount. The columns are: code, amount; and if you like note.",
        ),
        (b"code,amount,cod\n", "invalid_header", "it has the unknown column cod."),
        (b"code,amount,code\n", "invalid_header", "it has twice the column code."),
        (b"code,amount,\n", "invalid_header", "it has the unknown column without a name."),
        (
            b"code,amount\nA-1\nA-2,5\nA-3,5,6,7",
            "invalid_table",
            "line 2: has 1 cell instead of 2; line 4: has 4 cells",
        ),
        (b'code,amount\nA-1,5\n"A-2,6\n', "invalid_table", "Line 3: cannot be read"),
        (b"code,amount\n" + b"A-1,5\n" * 6, "too_many_rows", "more than 5 rows"),
        (b"code,amount\n" + b"A" * 1000, "file_too_large", "at most 0 KiB"),
        (b"code,amount\n" + b"A" * 400 + b",5", "invalid_table", "Line 2: a cell is longer than 300 characters."),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_words(raw, code, sentence, monkeypatch):
    monkeypatch.setattr(tables, "_LONGEST_FIELD", 300)
    with pytest.raises(Refused) as refused:
        tables.read(raw, **NAMES, largest_bytes=1000, most_rows=5)
    assert refused.value.code == code
    assert sentence in refused.value.message


def test_many_errors_are_told_by_line_and_counted():
    with pytest.raises(Refused) as refused:
        tables.refuse({f"line {number}": "is odd" for number in range(2, 40)})
    assert refused.value.message == (
        "Mend the file and send it again. line 2: is odd; line 3: is odd; line 4: is odd … 38 lines in all."
    )
    assert len(refused.value.errors) == 20
    tables.refuse({})


def test_a_download_is_sent_while_it_is_read(acme):
    for name in ("alice", "=fred"):
        cast.customer(acme, name, email=f"{name.strip('=')}@example.com")
    rows = Customer.objects.order_by("pk").values_list("external_id", "version").iterator()
    answer = downloads.table("customers", ["id", "version"], rows)
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert b"".join(answer).decode() == "\ufeffid,version\r\nalice,1\r\n'=fred,1\r\n"
