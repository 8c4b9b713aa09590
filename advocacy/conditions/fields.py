"""Find a field by its name, and what it reads of the facts."""

from operator import methodcaller

from advocacy.conditions.catalogue import FIELDS, METADATA
from advocacy.conditions.kinds import METADATA_PREFIX


def _of_metadata(key):
    """What was not said is an empty text: “none of” holds for it."""

    def read(facts):
        metadata = facts.get("metadata")
        return None if metadata is None else str(metadata.get(key, ""))

    return read


def field_of(name):
    """The Field of this name, or None."""
    if not isinstance(name, str):
        return None
    return METADATA if name.startswith(METADATA_PREFIX) and name != METADATA_PREFIX else FIELDS.get(name)


def reader_of(name):
    """A callable that takes facts and answers the field's value, or None."""
    if name.startswith(METADATA_PREFIX):
        return _of_metadata(name.removeprefix(METADATA_PREFIX))
    return FIELDS[name].read or methodcaller("get", name)


def fact_of(name):
    return field_of(name).fact or name


def entries_of(conditions):
    """``(how they are joined, entries)``: a bare list must hold wholly."""
    if isinstance(conditions, dict):
        return next(iter(conditions.items()))
    return "all", conditions


def single_conditions(conditions):
    """Every condition, those inside groups too."""
    for entry in entries_of(conditions)[1]:
        if "field" in entry:
            yield entry
        else:
            yield from single_conditions(entry)


def facts_needed(conditions):
    """The names of the facts that valid conditions read."""
    return {fact_of(condition["field"]) for condition in single_conditions(conditions)}
