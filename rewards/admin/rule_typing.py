"""The other way: what stands in the boxes of the rule form for given terms."""

from advocacy import conditions, money
from rewards.admin import amounts
from rewards.admin.rule_fields import AT_ONCE, HELD, MILESTONE, SIDES
from rewards.models import Frequency
from rewards.rules import terms as words

_AS_IT_IS = (
    "trigger order_limit months_limit months_from milestone_every hold_days hold_from delivery_allowance_days "
    "expires_days priority exclusive_group ends_at"
).split()


def typed(terms, currency):
    """``{field: what it shows}`` for terms; those that are left out show nothing."""
    boxes = {name: terms[name] for name in _AS_IT_IS if name in terms}
    boxes["frequency"] = MILESTONE if terms.get("milestone_every") else terms.get("frequency", Frequency.FIRST_ORDER)
    boxes["milestone_repeats"] = "repeats" if terms.get("milestone_repeats", True) else "once"
    boxes["digital_at_once"] = AT_ONCE if terms.get("digital_at_once", True) else HELD
    boxes["minimum_order"] = amounts.typed(terms.get("minimum_order_minor"), currency)
    for side in SIDES:
        boxes |= _benefit(side, terms["benefits"].get(side, {"kind": ""}), currency)
    boxes["caps"] = [_cap(cap, terms["benefits"], currency) for cap in terms.get("caps") or []]
    boxes["per_currency"] = [_currency(code, said) for code, said in (terms.get("per_currency") or {}).items()]
    return boxes | _conditions(terms.get("conditions") or [], currency)


def _benefit(side, said, currency):
    unit = money.POINTS if said.get("form") == words.POINTS else currency
    tiers = said.get("tiers") or {}
    by_revenue = tiers.get("measure") == "revenue"
    boxes = {
        "kind": said["kind"],
        "form": said.get("form", words.CREDIT),
        "amount": amounts.typed(said.get("amount_minor"), unit),
        "percent": amounts.typed_percent(said.get("percent_bp")),
        "minimum": amounts.typed(said.get("minimum_minor"), unit),
        "maximum": amounts.typed(said.get("maximum_minor"), unit),
        "pool": said.get("pool", ""),
        "label": said.get("label", ""),
        "tiers": [
            {"from": _plain(step["from"], currency) if by_revenue else str(step["from"])} | _pay(step, unit)
            for step in tiers.get("steps", ())
        ],
        "items": [
            {"by": item["by"], "values": ", ".join(item["values"])} | _pay(item, unit) for item in said.get("items", ())
        ],
    }
    boxes |= {f"tiers_{part}": tiers[part] for part in ("measure", "period", "reading") if part in tiers}
    return {f"{side}_{name}": value for name, value in boxes.items()}


def _pay(said, unit):
    percent = amounts.typed_percent(said.get("percent_bp"))
    return {"amount": amounts.typed(said.get("amount_minor"), unit), "percent": percent}


def _cap(cap, benefits, currency):
    side = cap.get("side", "")
    form = next((said.get("form") for one, said in benefits.items() if side in ("", one)), "")
    unit = money.POINTS if form == words.POINTS else currency
    limit = _plain(cap["limit"], unit) if cap["measure"] == words.AMOUNT else str(cap["limit"])
    return {"limit": limit, "side": side} | {part: cap[part] for part in ("measure", "period", "scope")}


def _currency(code, said):
    row = {"currency": code, "minimum_order": amounts.typed(said.get("minimum_order_minor"), code)}
    for side in (words.ADVOCATE, words.FRIEND):
        for part in ("amount", "minimum", "maximum"):
            row[f"{side}_{part}"] = amounts.typed(said.get(side, {}).get(f"{part}_minor"), code)
    return row


def _conditions(asked, currency):
    outer, entries = ("any", asked["any"]) if isinstance(asked, dict) and "any" in asked else ("all", asked)
    if isinstance(entries, dict):
        entries = entries["all"]
    rows, group = [], 0
    for entry in entries:
        if "field" in entry:
            rows.append(_condition(entry, "", currency))
            continue
        how, parts = next(iter(entry.items()))
        # A group that is joined like the rows around it is no group.
        group += how != outer
        rows += [_condition(one, str(group) if how != outer else "", currency) for one in parts]
    return {"conditions_how": outer, "conditions": rows}


def _condition(one, group, currency):
    value, kind = one["value"], conditions.field_of(one["field"]).kind
    if kind == "flag":
        value = "yes" if value else "no"
    elif kind == "money":
        value = _plain(value, currency)
    elif isinstance(value, list):
        value = ", ".join(value)
    return {"field": one["field"], "op": one["op"], "value": str(value), "group": group}


def _plain(value, unit):
    """As ``amounts.typed``, but 0 is shown."""
    return money.plain(value, unit).split()[0]
