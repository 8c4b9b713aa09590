"""One check in words: the question, the answer it got, and the text of its reason where it failed."""

from advocacy import money, reasons
from advocacy.conditions.fields import field_of

_QUESTIONS = {
    "program_status": "the program is active",
    "advocate_status": "the advocate is not banned",
    "currency": "an exchange rate for the order’s currency",
    "earlier_orders": "the friend’s first order that qualifies",
    "goods_minor": "goods before the friend’s discount",
    "friends": "converted friends",
    "converted_at": "paid",
}
_COMPARED = {
    "at_least": "at least",
    "at_most": "at most",
    "is": "is",
    "one_of": "one of",
    "all_of": "all of",
    "none_of": "none of",
    "below": "below",
    "before": "before",
}
_GROUPS = {"any": " or ", "all": " and "}
_SPANS = {"day": "a day", "week": "a week", "month": "a month", "year": "a year", "all": "in all"}
_SCOPES = {
    "advocate": "of an advocate",
    "friend": "of a friend",
    "pair": "of an advocate with one friend",
    "program": "of the program",
}


def told(check, unit, version):
    """The check with ``question``, ``answer`` and, where it failed, ``text``."""
    shown = _shown(check, unit, version)
    passed = check["passed"]
    return {
        "reason": check["reason"],
        "passed": passed,
        "field": check["field"],
        "op": check["op"],
        "threshold": check["threshold"],
        "input": check["input"],
        "question": _question(check, shown, version),
        "answer": _answer(check, shown, version),
        "text": "" if passed else reasons.staff(check["reason"], **shown),
        "parts": [told(part, unit, version) for part in check.get("parts", ())],
    }


def numbers(checks, unit, version):
    """``{reason: {name: text}}`` of those that failed, also inside groups."""
    failed = {}
    for check in checks:
        if not check["passed"]:
            failed[check["reason"]] = _shown(check, unit, version)
            failed = numbers(check.get("parts", ()), unit, version) | failed
    return failed


def _shown(check, unit, version):
    """Its numbers as people read them; of a cap also ``span``: whose, and how often."""
    if check.get("parts"):
        inner = next((part for part in check["parts"] if not part["passed"]), check["parts"][0])
        return _shown(inner, unit, version) | {"unit": unit}
    if cap := _cap(check, version):
        is_money = cap["measure"] == "amount"
        plain = {name: money.plain(check[name], unit) if is_money else check[name] for name in ("input", "threshold")}
        return plain | {"span": f"{_SCOPES[cap['scope']]}, {_SPANS[cap['period']]}"}
    if check["field"] == "orders/friend":
        return {"input": check["input"] + 1, "threshold": check["threshold"]}
    if check["field"] == "converted_at":
        return {name: str(check[name])[:10] for name in ("input", "threshold")}
    return reasons.of_check(check, unit=unit)


def _cap(check, version):
    """The rule's cap behind a check, or None."""
    if check["op"] != "below":
        return None
    name = check["field"].removeprefix("step/")
    return next((cap for cap in version.caps if name == _name(cap) and cap["limit"] == check["threshold"]), None)


def _name(cap):
    return f"{cap['measure']}/{cap['scope']}/{cap.get('side', '')}"


def _question(check, shown, version):
    field, op = check["field"], check["op"]
    if check.get("parts"):
        return _GROUPS[op].join(
            _question(part, _shown(part, shown["unit"], version), version) for part in check["parts"]
        )
    if cap := _cap(check, version):
        return f"{'amount' if cap['measure'] == 'amount' else 'rewards'} {shown['span']}"
    if field == "orders/friend":
        return f"at most {shown['threshold']} orders of a friend"
    if field in ("program_status", "advocate_status", "currency") or _is_the_first(check):
        return _QUESTIONS.get(field, field)
    known = field_of(field)
    label = _QUESTIONS.get(field) or (known.label.lower() if known else field)
    if field.startswith("metadata."):
        label = field
    return f"{label} {_COMPARED[op]} {_plain(shown['threshold'])}"


def _is_the_first(check):
    return check["reason"] == "not_first_order" and check["field"] == "earlier_orders"


def _answer(check, shown, version):
    if check.get("parts"):
        return "; ".join(_answer(part, _shown(part, shown["unit"], version), version) for part in check["parts"])
    if "span" in shown:
        return f"{shown['input']} of {shown['threshold']}"
    if check["field"] == "earlier_orders":
        return f"{check['input']} before it"
    return _plain(shown.get("input"))


def _plain(value):
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
