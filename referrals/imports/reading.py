"""A file as some program wrote it: its encoding, its separator, its rows with their line numbers. Pure.

What is no table at all is refused. What is wrong with one line is told of that line, and the others are read.
"""

import codecs
import csv
import io
import itertools
import json
import re
from dataclasses import dataclass

from advocacy import tables
from advocacy.refusals import Refused

CSV, NDJSON = "csv", "ndjson"
_DELIMITERS = ",;\t|"
_CHUNK = 1024 * 1024
# Of a line: what is longer is no table, and would be held in memory as a whole.
_LONGEST_LINE = 1_000_000
_MOST_COLUMNS = 500
_DEEPEST = 60
_OTHERS = {
    b"PK\x03\x04": "an Excel workbook or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed with gzip",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"BZh": "compressed with bzip2",
    b"7z\xbc\xaf": "a 7z archive",
}
# Of more digits some are no 64-bit number.
_LONG = re.compile(r"\d{19}").search
_BAD = re.compile("[\ud800-\udfff]")
_GOOD = re.compile("[^\x00-\x7f\ud800-\udfff]")
_WHAT_TO_SEND = "Save it as “CSV UTF-8”, or as one JSON object a line, and send that."


@dataclass(frozen=True)
class File:
    """``header``: a CSV file's columns as they are written; of NDJSON empty. ``begins``: the first object there."""

    encoding: str
    form: str
    delimiter: str = ""
    header: tuple = ()
    begins: dict | None = None


def looked_at(stream):
    """What a seekable binary stream is, as a ``File``; Refused where it is no table."""
    encoding = _encoding(stream)
    text = _Lines(stream, encoding)
    first = next((line for line in text if line.strip()), None)
    if first is None:
        raise Refused("empty_file", "The file is empty.")
    start = first.lstrip("\ufeff \t")
    if start.startswith("{"):
        begins, why = _object(first)
        return File(encoding, NDJSON, begins=begins if not why else {})
    if start.startswith(("[", "<")):
        what = "one long JSON list" if start[0] == "[" else "HTML or XML"
        raise Refused("not_a_table", f"The file is {what}. {_WHAT_TO_SEND}")
    delimiter = _delimiter(first)
    header = _header(stream, encoding, delimiter)
    return File(encoding, CSV, delimiter, header)


def rows(stream, file):
    """Yields ``(line number, {column: text} or object, "")``, or ``(line number, None, why it cannot be read)``."""
    return _of_csv(stream, file) if file.form == CSV else _of_objects(stream, file)


def _encoding(stream):
    stream.seek(0)
    head = stream.read(_CHUNK)
    for beginning, what in _OTHERS.items():
        if head.startswith(beginning):
            raise Refused("not_a_table", f"The file is {what}, which cannot be read here. {_WHAT_TO_SEND}")
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if wide := _without_mark(head[:4096]):
        return wide
    return _of_bytes(stream)


def _without_mark(head):
    """UTF-16 of mostly plain letters has every other byte 0."""
    pairs = len(head) // 2
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros = head[odd::2].count(0)
        if pairs and zeros > pairs / 3 and not head[1 - odd :: 2].count(0) > pairs / 10:
            return encoding
    return ""


def _of_bytes(stream):
    """UTF-8, or Windows-1252 where what is no UTF-8 is more than what is."""
    stream.seek(0)
    decoder, good, bad = codecs.getincrementaldecoder("utf-8")("surrogateescape"), 0, 0
    while chunk := stream.read(_CHUNK):
        text = decoder.decode(chunk)
        if not text.isascii():
            bad += len(_BAD.findall(text))
            good += len(_GOOD.findall(text))
    return "cp1252" if bad > good else "utf-8-sig"


class _Lines:
    """Lines of text with their breaks; one that never ends is refused. The stream stays open."""

    def __init__(self, stream, encoding):
        stream.seek(0)
        errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
        kept = io.BufferedReader(_Kept(stream), _CHUNK)
        self._text = io.TextIOWrapper(kept, encoding=encoding, errors=errors, newline="")
        self._number = 0

    def __iter__(self):
        return self

    def __next__(self):
        self._number += 1
        line = self._text.readline(_LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        if len(line) > _LONGEST_LINE:
            said = f"Line {self._number} is longer than {_LONGEST_LINE} signs: this is no table. {_WHAT_TO_SEND}"
            raise Refused("not_a_table", said)
        return line


class _Kept(io.RawIOBase):
    """A stream that is not closed with what reads it."""

    def __init__(self, stream):
        self._stream = stream

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _delimiter(first):
    """Of the header: the sign it has most of outside quotes; or what Excel's own first line says."""
    said = first.strip().lstrip("\ufeff").lower()
    if said.startswith("sep=") and len(said) == len("sep=;"):
        return said[-1]
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _header(stream, encoding, delimiter):
    for _, cells, why in _cells(stream, encoding, delimiter):
        if why:
            raise Refused("not_a_table", f"The first line {why}. {_WHAT_TO_SEND}")
        names = [tables.taken_back(cell) for cell in cells]
        if _odd("".join(names)) or len(names) > _MOST_COLUMNS:
            raise Refused("not_a_table", f"The first line is no header of a table. {_WHAT_TO_SEND}")
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise Refused("invalid_header", f"The header names a column twice: {', '.join(twice)[:200]}.")
        return tuple(names)
    raise Refused("empty_file", "The file is empty.")


def _cells(stream, encoding, delimiter):
    """Yields ``(line, cells, why)`` of every row with something in it."""
    lines = _Lines(stream, encoding)
    reader, number = csv.reader(lines, delimiter=delimiter, strict=True), 1
    for first in itertools.count():
        try:
            cells, why = [cell.strip() for cell in next(reader)], ""
        except StopIteration:
            return
        except csv.Error as error:
            cells, why = None, f"cannot be read ({error}); look for a quotation mark without its partner"
        marked = first == 0 and cells and cells[0].lower().lstrip("\ufeff").startswith("sep=")
        if why or (any(cells) and not marked):
            yield number, cells, why
        if why:
            for swallowed in range(number + 1, reader.line_num + 1):
                yield swallowed, None, f"stands in the quotation that line {number} begins"
        number = reader.line_num + 1


def _of_csv(stream, file):
    header, width = file.header, len(file.header)
    found = _cells(stream, file.encoding, file.delimiter)
    next(found)
    for number, cells, why in found:
        if why:
            yield number, None, why
            continue
        if len(cells) < width or any(cells[width:]):
            yield number, None, f"has {len(cells)} cell{'s'[: len(cells) != 1]} instead of {width}"
        elif odd := _odd("".join(cells)):
            yield number, None, odd
        else:
            yield number, {name: tables.taken_back(cell) for name, cell in zip(header, cells, strict=False) if cell}, ""


def _of_objects(stream, file):
    for number, line in enumerate(_Lines(stream, file.encoding), start=1):
        text = line.strip().lstrip("\ufeff")
        if text:
            found, why = _object(text)
            yield number, found, why


def _odd(text):
    if "\0" in text:
        return "holds NUL characters"
    if "\ufffd" in text or _BAD.search(text):
        return "holds signs of another encoding"
    return ""


def _object(text):
    if why := _odd(text):
        return None, why
    try:
        whole = _whole if _LONG(text) else None
        found = json.loads(text.lstrip("\ufeff"), parse_constant=_no_number, parse_int=whole)
        if not isinstance(found, dict):
            return None, "is no JSON object"
        if "\\u0000" in text or _BAD.search(json.dumps(found, ensure_ascii=False)):
            return None, "holds characters that cannot be stored"
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:60]
        return None, f"is not JSON ({said})"
    return (found, "") if _shallow(found) else (None, "is nested too deeply")


def _no_number(name):
    raise ValueError(name)


def _whole(digits):
    """Longer ones cannot be kept, and no id or amount is one."""
    if not -(2**63) <= (number := int(digits)) < 2**63:
        raise ValueError("a number too large")
    return number


def _shallow(value):
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return True
    return False
