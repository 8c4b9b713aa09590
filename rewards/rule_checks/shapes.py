"""What is refused of terms that are of the wrong type, before anything is asked of them."""

_NUMBER = (int, type(None))
_TERMS = {
    **dict.fromkeys(("frequency", "months_from", "hold_from", "exclusive_group"), str),
    **dict.fromkeys(("order_limit", "months_limit", "milestone_every", "expires_days"), _NUMBER),
    **dict.fromkeys(("minimum_order_minor", "hold_days", "delivery_allowance_days", "priority"), int),
    **dict.fromkeys(("milestone_repeats", "digital_at_once"), bool),
    "conditions": (list, dict),
    "caps": list,
    "per_currency": dict,
}
_PARTS = {
    "form": str,
    "kind": str,
    "amount_minor": int,
    "percent_bp": int,
    "minimum_minor": _NUMBER,
    "maximum_minor": _NUMBER,
    "tiers": (dict, type(None)),
    "items": list,
    "pool": str,
    "label": str,
}
_ROWS = {"from": int, "amount_minor": int, "percent_bp": int, "by": str, "values": list}
_TIERS = {"measure": str, "period": str, "reading": str, "steps": list}
_CAP = {"scope": str, "period": str, "measure": str, "limit": int, "side": str}
_WORDS = {int: "a whole number", str: "a text", list: "a list", dict: "an object", bool: "true or false"}


def problems(terms):
    """``{field: sentence}`` of what is no number, text, list or object where it must be one."""
    found = _wrong(terms, _TERMS)
    if terms.get("conditions") == {}:
        found["conditions"] = "An object has any or all; without conditions it is an empty list."
    benefits = terms.get("benefits")
    for side, said in benefits.items() if isinstance(benefits, dict) else ():
        if isinstance(said, dict):
            found |= {f"{side}_{part}": sentence for part, sentence in _of_benefit(said).items()}
    caps = terms.get("caps")
    for cap in caps if isinstance(caps, list) else ():
        if isinstance(cap, dict) and (wrong := _wrong(cap, _CAP)):
            found["caps"] = _first(wrong)
    return found


def _of_benefit(said):
    found = _wrong(said, _PARTS)
    tiers = said.get("tiers")
    if isinstance(tiers, dict) and (wrong := _wrong(tiers, _TIERS) or _of_rows(tiers.get("steps"))):
        found["tiers"] = _first(wrong)
    if wrong := _of_rows(said.get("items")):
        found["items"] = _first(wrong)
    return found


def _of_rows(rows):
    return next((wrong for row in rows if (wrong := _of_row(row))), {}) if isinstance(rows, list) else {}


def _of_row(row):
    return _wrong(row, _ROWS) if isinstance(row, dict) else {"each": "It is an object."}


def _first(wrong):
    return "{}: {}".format(*next(iter(wrong.items())))


def _wrong(said, types):
    return {part: _sentence(kind) for part, kind in types.items() if part in said and not _is(said[part], kind)}


def _is(value, kind):
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _sentence(kind):
    kinds = kind if isinstance(kind, tuple) else (kind,)
    words = [_WORDS.get(each, "null") for each in kinds]
    return f"It is {' or '.join(words)}."
