"""Conditions on facts, made into checks, with all that can be resolved beforehand: settling asks thousands a second."""

from functools import partial
from operator import eq, ge, le
from typing import NamedTuple

from advocacy.conditions.fields import entries_of, field_of, reader_of
from advocacy.conditions.kinds import TEXTS

# A check shows this many of a list of texts, such as the products of a large order.
SHOWN = 20


class Check(NamedTuple):
    """One question, its answer and what it was asked of; ``reason`` is the key to give where it failed.

    Of a group ``op`` is "any" or "all", ``field`` empty, and ``parts`` the checks in it.
    """

    reason: str
    field: str
    op: str
    threshold: object
    input: object
    passed: bool
    parts: tuple = ()

    def as_dict(self):
        plain = {
            "reason": self.reason,
            "field": self.field,
            "op": self.op,
            "threshold": self.threshold,
            "input": self.input,
            "passed": self.passed,
        }
        return plain | {"parts": [part.as_dict() for part in self.parts]} if self.parts else plain


# Each takes what is wanted and answers a test of what is given.
_TESTS = {
    "at_least": lambda wanted: partial(le, wanted),
    "at_most": lambda wanted: partial(ge, wanted),
    "is": lambda wanted: partial(eq, wanted),
    "one_of": lambda wanted: frozenset(wanted).__contains__,
    "none_of": lambda wanted: lambda given, among=frozenset(wanted): given not in among,
}
_TESTS_OF_TEXTS = {
    "one_of": lambda wanted: lambda given, among=frozenset(wanted): not among.isdisjoint(given),
    "none_of": lambda wanted: frozenset(wanted).isdisjoint,
    "all_of": lambda wanted: frozenset(wanted).issubset,
}


def check(reason, field, op, threshold, given):
    """A check of a caller's own, with a reason of its own."""
    return Check(reason, field, op, threshold, given, _TESTS[op](threshold)(given))


def evaluate(conditions, facts):
    """One Check per entry, in their order. A fact that is missing fails its check."""
    return list(compile(conditions)(facts))


def compile(conditions):
    """A callable facts → a tuple of Checks, one per entry. The conditions must be valid."""
    how, entries = entries_of(conditions)
    if how == "any":
        return _together([_group(conditions)])
    return _together([_entry(entry) for entry in entries])


def unmet(conditions, facts):
    """The Check of the first entry that fails whatever is said of the facts still missing; None where none does."""
    how, entries = entries_of(conditions)
    failed = [_failed(entry, facts) for entry in entries]
    if how == "any" and not all(failed):
        return None
    return next(filter(None, failed), None)


def _failed(entry, facts):
    if "field" not in entry:
        return unmet(entry, facts)
    asked = _single(entry)(facts)
    return None if asked.passed or asked.input is None else asked


def first_failure(conditions):
    """A callable facts → the reason of the first entry that fails, or None: cheaper than checks, for mass questions."""
    how, entries = entries_of(conditions)
    verdicts = [_verdict(conditions)] if how == "any" else [_verdict(entry) for entry in entries]
    if len(verdicts) == 1:
        return verdicts[0]

    def ask(facts):
        for reason_of in verdicts:
            reason = reason_of(facts)
            if reason is not None:
                return reason
        return None

    return ask


def reads(conditions):
    """A callable facts → a tuple of all that these conditions read of them, which can be a key."""
    names = list(dict.fromkeys(_names(conditions)))
    return _together([_read(reader_of(name), field_of(name).kind == TEXTS) for name in names])


def _names(conditions):
    for entry in entries_of(conditions)[1]:
        if "field" in entry:
            yield entry["field"]
        else:
            yield from _names(entry)


def _read(read, several):
    if not several:
        return read

    def ask(facts):
        given = read(facts)
        return given if given is None else tuple(given)

    return ask


def _together(askers):
    askers = tuple(askers)
    return lambda facts: tuple([ask(facts) for ask in askers])


def _entry(entry):
    return _single(entry) if "field" in entry else _group(entry)


def _single(condition):
    name, op, wanted = condition["field"], condition["op"], condition["value"]
    field, (read, test) = field_of(name), _resolved(condition)
    reason, most, new = field.reason_of(op, wanted), SHOWN if field.kind == TEXTS else None, tuple.__new__

    def ask(facts):
        given = read(facts)
        passed = given is not None and test(given)
        return new(Check, (reason, name, op, wanted, given[:most] if most and given else given, passed, ()))

    return ask


def _resolved(condition):
    """``(read, test)`` of one condition."""
    field, wanted = field_of(condition["field"]), condition["value"]
    if field.capitals:
        wanted = wanted.upper() if isinstance(wanted, str) else [value.upper() for value in wanted]
    tests = _TESTS_OF_TEXTS if field.kind == TEXTS else _TESTS
    return reader_of(condition["field"]), tests[condition["op"]](wanted)


def _group(group):
    how, entries = entries_of(group)
    askers, enough = tuple(_entry(entry) for entry in entries), any if how == "any" else all

    def ask(facts):
        parts = tuple([part(facts) for part in askers])
        passed = enough([part.passed for part in parts])
        failed = next((part for part in parts if not part.passed), parts[0])
        return Check(failed.reason, "", how, None, None, passed, parts)

    return ask


def _verdict(entry):
    """A callable facts → None where the entry holds, else its reason."""
    if "field" not in entry:
        return _verdict_of_group(entry)
    reason, (read, test) = field_of(entry["field"]).reason_of(entry["op"], entry["value"]), _resolved(entry)

    def ask(facts):
        given = read(facts)
        return None if given is not None and test(given) else reason

    return ask


def _verdict_of_group(group):
    how, entries = entries_of(group)
    verdicts = tuple(_verdict(entry) for entry in entries)

    def ask(facts):
        failures = [reason for reason in (reason_of(facts) for reason_of in verdicts) if reason is not None]
        passed = len(failures) < len(verdicts) if how == "any" else not failures
        return None if passed else failures[0]

    return ask
