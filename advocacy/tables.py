"""Tables as CSV: written so that no spreadsheet runs them, read with words about what is wrong in which line. Pure."""

import csv
import io
import re
from decimal import Decimal

from advocacy.refusals import Refused

BOM = "\ufeff"
# What a spreadsheet takes for the beginning of a formula, also behind spaces; the wide ones where keyboards write them.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BLANK = ("\t", "\r", "\n")
DELIMITERS = ",;\t"
_HIDDEN = re.compile(rf"([{DELIMITERS}|\r\n]\s*)([{re.escape(''.join(_FORMULA))}])")
LARGEST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
_LONGEST_FIELD = 20_000
_MOST_ERRORS = 20
_MEND = "Mend the file and send it again."


def write(header, rows, *, bom=False, delimiter=","):
    """Yields the table as text, a line at a time, header first; ``rows`` may be a generator of any length.

    Numbers (int, Decimal) stay numbers, None is empty, True is "yes", times are ISO 8601; a text that a spreadsheet
    would run is written with ' before it. ``bom`` makes Excel read UTF-8 as such.
    """
    line = io.StringIO()
    writer = csv.writer(line, delimiter=delimiter, lineterminator="\r\n")
    yield (BOM if bom else "") + _line(writer, line, header)
    for row in rows:
        yield _line(writer, line, row)


def _line(writer, line, values):
    writer.writerow([cell(value) for value in values])
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text


def cell(value):
    """What is written for a value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, Decimal)):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        raise TypeError("A float is no amount; write an int or a Decimal.")
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    # A spreadsheet may take another sign than ours as the end of a cell.
    first = 1 if text.startswith(_BLANK) else 0
    text = text[:first] + _HIDDEN.sub(r"\1'\2", text[first:])
    return f"'{text}" if _runs(text) else text


def _runs(text):
    return text.startswith(_BLANK) or text.lstrip().startswith(_FORMULA)


def read(raw, **how):
    """The rows of ``parsed``. Raises ``Refused`` with all lines that are none: ``errors`` are ``{"line 3": "…"}``."""
    rows, errors = parsed(raw, **how)
    refuse(errors)
    return rows


def parsed(raw, *, columns, optional=(), largest_bytes=LARGEST_BYTES, most_rows=MOST_ROWS):
    """``([(line number, {column: text})], {"line 3": why it is no row})`` of a CSV file's bytes.

    Columns may stand in any order, cells are stripped. Takes UTF-8 (with or without BOM) or UTF-16 with BOM, and
    commas, semicolons or tabs. Raises ``Refused`` for what is no table. Empty lines are left out. What ``write`` put
    before a text that looked like a formula is taken away again.
    """
    text = _decoded(raw, largest_bytes)
    numbered = _lines(text, _delimiter(text))
    first, header = next(numbered, (1, []))
    names = _header(header, columns, optional, first)
    rows, errors = [], {}
    for number, cells in numbered:
        if len(rows) + len(errors) == most_rows:
            raise Refused("too_many_rows", f"The file has more than {most_rows} rows; send it in parts.")
        if len(cells) != len(names):
            errors[f"line {number}"] = f"has {len(cells)} cell{'s'[: len(cells) > 1]} instead of {len(names)}"
        else:
            rows.append((number, dict(zip(names, map(taken_back, cells), strict=True))))
    return rows, errors


def refuse(errors):
    """Raise ``Refused`` where there are errors by line (``{"line 3": "a sentence"}``); the first ones are told."""
    if not errors:
        return
    shown = dict(list(errors.items())[:_MOST_ERRORS])
    sentence = "; ".join(f"{line}: {what}" for line, what in list(shown.items())[:3])
    more = f" … {len(errors)} lines in all" if len(errors) > len(list(shown)[:3]) else ""
    raise Refused("invalid_table", f"{_MEND} {sentence}{more}.", errors=shown)


def told(refused):
    """The sentences in which a page tells that a file was refused: each of its lines once."""
    lines = [f"{place}: {what}" for place, what in refused.errors.items()]
    if not refused.message.startswith(_MEND):
        return [refused.message, *(line for line in lines if line.split(": ", 1)[1] not in refused.message)]
    more = f" Of many faults the first {_MOST_ERRORS} are told." if len(lines) == _MOST_ERRORS else ""
    return [f"{_MEND}{more}", *lines]


def _decoded(raw, largest):
    if len(raw) > largest:
        raise Refused("file_too_large", f"A file has at most {largest // 1024} KiB here; send it in parts.")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Refused(
            "not_utf8", f"The file is not UTF-8: look at line {line}. Save it as “CSV UTF-8” and send it again."
        ) from error
    if "\0" in text:
        raise Refused("not_a_table", "The file is no CSV: it holds NUL characters. Export it as “CSV UTF-8”.")
    if not text.strip():
        raise Refused("empty_file", "The file is empty.")
    return text


def _delimiter(text):
    """Of the header: the sign it has most of outside quotes."""
    header = text.lstrip("\r\n").splitlines()[0]
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _lines(text, delimiter):
    """Yields ``(number, cells)`` of every line with something in it; the number is the line's where the row begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 1
    try:
        for cells in reader:
            stripped = [each.strip() for each in cells]
            if any(len(each) > _LONGEST_FIELD for each in stripped):
                raise _broken(number, f"a cell is longer than {_LONGEST_FIELD} characters")
            if any(stripped):
                yield number, stripped
            number = reader.line_num + 1
    except csv.Error as error:
        raise _broken(number, f"cannot be read ({error}); look for a quotation mark without its partner") from error


def _broken(number, what):
    return Refused("invalid_table", f"Line {number}: {what}.", errors={f"line {number}": what})


def _header(cells, columns, optional, number):
    """The columns' names in the file's order; capitals and spaces do not matter."""
    names = [each.lower().replace(" ", "_") for each in cells]
    missing = [name for name in columns if name not in names]
    unknown = [name for name in names if name not in (*columns, *optional)]
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = [
        (missing, "it lacks the column"),
        (unknown, "it has the unknown column"),
        (twice, "it has twice the column"),
    ]
    told = [f"{what} {', '.join(name[:60] or 'without a name' for name in which)}" for which, what in wrong if which]
    if told:
        wanted = ", ".join(columns) + (f"; and if you like {', '.join(optional)}" if optional else "")
        sentence = f"The header is wrong: {'; '.join(told)}. The columns are: {wanted}."
        raise Refused("invalid_header", sentence, errors={f"line {number}": "; ".join(told)})
    return names


def taken_back(text):
    """A cell as it was before ``write`` put a sign before what looked like a formula."""
    return text[1:] if text.startswith("'") and _runs(text[1:]) else text
