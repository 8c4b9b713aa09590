"""Conditions in plain words, for the sentence by which a rule shows itself."""

from advocacy import money
from advocacy.conditions.fields import entries_of, field_of
from advocacy.conditions.kinds import FLAG, METADATA_PREFIX, MONEY, NUMBER, TEXTS

_COMPARED = {"at_least": "at least {}", "at_most": "at most {}", "is": "{}"}


def sentence(conditions, currency):
    """Such as “with goods of at least 20.00 EUR, with country DE or AT”; empty where there is no condition."""
    how, entries = entries_of(conditions)
    if how == "any":
        return _entry(conditions, currency)
    return ", ".join(_entry(entry, currency) for entry in entries)


def _entry(entry, currency):
    if "field" in entry:
        return _single(entry, currency)
    how, parts = entries_of(entry)
    words = [_entry(part, currency) for part in parts]
    return " and ".join(words) if how == "all" else f"either {' or '.join(words)}" if len(words) > 1 else words[0]


def _single(condition, currency):
    name, op, value = condition["field"], condition["op"], condition["value"]
    field = field_of(name)
    if field.kind == FLAG:
        return "with " + field.words.split("|")[0 if value else 1]
    if field.kind in (MONEY, NUMBER):
        number = money.plain(value, currency) if field.kind == MONEY else value
        return "with " + field.words.format(_COMPARED[op].format(number))
    shown = _listed([value] if op == "is" else value, "and" if op == "all_of" else "or")
    if op == "none_of" and field.kind == TEXTS:
        return "without " + field.words.format(shown)
    shown = f"other than {shown}" if op == "none_of" else shown
    return "with " + field.words.format(_key(name) + shown)


def _key(name):
    return f"{name.removeprefix(METADATA_PREFIX)} " if name.startswith(METADATA_PREFIX) else ""


def _listed(values, joint):
    *most, last = values
    return f"{', '.join(most)} {joint} {last}" if most else last
