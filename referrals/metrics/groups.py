"""A period in groups: its days, weeks or months, or its channels, links, advocates or segments."""

from advocacy import ids
from advocacy.models import Advocate
from advocacy.refusals import NotFound
from referrals.metrics import numbers, reading
from referrals.metrics.catalogue import CUTS, TIMES, WHOLE
from referrals.metrics.periods import rolling
from referrals.metrics.rates import compared, rates
from referrals.models import Link

# Groups of a cut that are shown, the largest; of the others it is said how many there are.
MOST = 100
# Cuts whose keys are rows: their model, the prefix of their ids, and the column that people know them by.
ROWS = {"link": (Link, "lnk", "code"), "advocate": (Advocate, "adv", "display_name")}


def of(question, metrics, found, *, compare=False):
    """``{"group_by", "groups": […], "groups_left_out": number}``; none where it is not grouped."""
    if question.group_by in TIMES:
        groups = [
            {"group": {"key": str(days[0]), "label": str(days[0])}, "metrics": rates(question, metrics, days, found)}
            for days in question.parts
        ]
        return {"group_by": question.group_by, "groups": groups, "groups_left_out": 0}
    if question.group_by in CUTS:
        return {"group_by": question.group_by} | _cuts(question, metrics, found, compare)
    return {"group_by": None, "groups": [], "groups_left_out": 0}


def _cuts(question, metrics, found, compare):
    periods = [question.days, question.before] if compare else [question.days]
    own, there_are = _largest(question, metrics)
    tables = {question.window(question.days): own}
    for days in [*map(rolling, periods), *periods[1:]]:
        window = question.window(days)
        if window in found and window not in tables:
            tables[window] = _of_keys(question, window, metrics, list(own))
    groups = []
    for name, key in zip(_names(question.group_by, list(own)), own, strict=True):
        part = {window: _part(table.get(key), found[window]) for window, table in tables.items()}
        told = rates(question, metrics, question.days, part, cut=True)
        if compare:
            compared(told, rates(question, metrics, question.before, part, cut=True))
        groups.append({"group": name, "metrics": told})
    return {"groups": groups, "groups_left_out": there_are - len(groups)}


def _largest(question, metrics):
    window, cut = question.window(question.days), question.group_by
    if not question.live:
        return reading.grouped(window, cut=cut, most=MOST)
    every = reading.counted_by(window, cut=cut, zone=question.zone, columns=numbers.needed(metrics))
    size = {
        key: tuple(-told[name] for name in ("converted_referrals", "referrals", "clicks"))
        for key, told in every.items()
    }
    return {key: every[key] for key in sorted(every, key=lambda key: (size[key], key))[:MOST]}, len(every)


def _of_keys(question, window, metrics, keys):
    if not question.live:
        return reading.grouped(window, cut=question.group_by, keys=keys)[0]
    return reading.counted_by(window, cut=question.group_by, zone=question.zone, columns=None)


def _part(told, whole):
    return (told or reading.nothing()) | {name: whole[name] for name in (*WHOLE, "clicks_gone")}


def _names(cut, keys):
    """For each key ``{"key", "label"}``: a public id where it has one, and what people call it."""
    if cut not in ROWS:
        return [{"key": key, "label": key or "(none)"} for key in keys]
    model, prefix, name = ROWS[cut]
    rows = {str(row.pk): row for row in model.objects.filter(pk__in=[key for key in keys if key])}
    return [_name(rows.get(key), prefix, name) for key in keys]


def _name(row, prefix, name):
    if row is None:
        return {"key": "", "label": "(none)"}
    public_id = ids.encode(prefix, row.public_id)
    return {"key": public_id, "label": getattr(row, name) or public_id}


def inner_key(program, cut, key):
    """The key that the roll-ups know such a group by. Refused (404) for a link or advocate that is not there."""
    if cut not in ROWS or not key:
        return key
    model, prefix, _ = ROWS[cut]
    row = model.objects.filter(program=program, public_id=ids.decode(prefix, key)).values_list("pk", flat=True).first()
    if row is None:
        raise NotFound(f"unknown_{cut}", f"There is no {cut} {key[:60]!a} in this program.")
    return str(row)
