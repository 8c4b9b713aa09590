"""What is refused of a rule's benefits."""

from advocacy import ids, money
from rewards.rules import terms as words

_NOUNS = {
    words.ADVOCATE: "the advocate",
    words.FRIEND: "the friend",
    words.CUSTOMER: "the person whose deed it is",
}
_PARTS = {
    words.FIXED: {"amount_minor"},
    words.PERCENT: {"percent_bp", "minimum_minor", "maximum_minor"},
    words.TIERED: {"tiers", "minimum_minor", "maximum_minor"},
    words.PER_PRODUCT: {"items", "minimum_minor", "maximum_minor"},
}
_FORM_PARTS = {words.COUPON: {"pool"}, words.GIFT_CARD: {"pool"}, words.CUSTOM: {"label"}}
LONGEST_LABEL = 80
MOST_STEPS, MOST_ITEMS, MOST_VALUES = 20, 50, 500


def noun(side):
    return _NOUNS.get(side, f"“{side}”")


def problems(benefits, *, trigger, milestone, points_per_unit):
    """``{field: sentence}``. ``trigger`` is an EventType."""
    if not isinstance(benefits, dict) or not benefits:
        return {"benefits": "Choose what the advocate or the friend gets."}
    found = {}
    for side, said in benefits.items():
        if side not in trigger.recipients:
            who = " or ".join(map(noun, trigger.recipients))
            found[f"{side}_kind"] = f"When {trigger.when}, nothing can be given to {noun(side)}; only to {who}."
        elif not isinstance(said, dict):
            found[f"{side}_kind"] = "A benefit is an object with a form and a kind."
        else:
            found |= _of_side(side, said, trigger, milestone, points_per_unit)
    return found


def _of_side(side, said, trigger, milestone, points_per_unit):
    kind, form = said.get("kind", words.FIXED), said.get("form", words.CREDIT)
    if kind not in words.KINDS:
        return {f"{side}_kind": f"A kind is one of {', '.join(words.KINDS)}."}
    if form not in words.FORMS:
        return {f"{side}_form": f"A form is one of {', '.join(words.FORMS)}."}
    if milestone and side == words.FRIEND:
        return {f"{side}_kind": "A milestone is the advocate’s: many friends reach it together."}
    if kind != words.FIXED and (problem := _not_fixed(side, kind, form, trigger, milestone)):
        return {f"{side}_kind": problem}
    found = _foreign(side, said, kind, form) | _numbers(side, said)
    if not found:
        found |= _OF_KIND[kind](side, said) | _of_form(side, said, form, kind, points_per_unit)
    return found


def _not_fixed(side, kind, form, trigger, milestone):
    if milestone:
        return "A milestone is a step, not an order: it gives something fixed."
    if form in words.WHOLE_FORMS:
        return "A code or a thing of your own is given whole: choose a fixed one."
    if not {"revenue_minor", "basis_minor"} <= set(trigger.facts):
        return f"When {trigger.when}, there is no revenue to take a share of; give something fixed."
    if kind == words.TIERED and side != words.ADVOCATE:
        return "Tiers count what the advocate brought; choose another kind for the friend."
    return ""


def _foreign(side, said, kind, form):
    known = _PARTS[kind] | _FORM_PARTS.get(form, set())
    wrong = [part for part, value in said.items() if value is not None and part not in known | {"form", "kind"}]
    return {f"{side}_{part}": f"A {kind} benefit in {form} has no {part}; leave it out." for part in wrong}


def _numbers(side, said):
    found = {}
    for part in ("amount_minor", "percent_bp", "minimum_minor", "maximum_minor"):
        value = said.get(part)
        if value is not None and not _is_amount(value):
            most = f"{money.BASIS_POINTS} (100 %)" if part == "percent_bp" else money.LARGEST_MINOR
            found[f"{side}_{part}"] = f"It is a whole number from 0 to {most}."
    return found


def _is_amount(value):
    return type(value) is int and 0 <= value <= money.LARGEST_MINOR


def _fixed(side, said):
    if said.get("amount_minor"):
        return {}
    return {f"{side}_amount_minor": "Write an amount above 0, or choose that this side gets nothing."}


def _percent(side, said):
    if 0 < (said.get("percent_bp") or 0) <= money.BASIS_POINTS:
        return _between(side, said)
    return {f"{side}_percent_bp": "Write a percentage above 0 and at most 100."}


def _between(side, said):
    least, most = said.get("minimum_minor"), said.get("maximum_minor")
    if most == 0:
        return {f"{side}_maximum_minor": "Write a maximum above 0, or leave it empty."}
    if least and most is not None and most < least:
        return {f"{side}_maximum_minor": "The maximum is below the minimum."}
    return {}


def _tiered(side, said):
    tiers = said.get("tiers")
    problem = _tiers_problem(tiers) if isinstance(tiers, dict) else "Add the tiers: from which number on what is paid."
    return {f"{side}_tiers": problem} if problem else _between(side, said)


def _tiers_problem(tiers):
    choices = {"measure": ("conversions", "revenue"), "period": ("month", "year", "all"), "reading": _READINGS}
    for name, known in choices.items():
        if tiers.get(name, words.MARGINAL if name == "reading" else None) not in known:
            return f"The {name} of tiers is one of {', '.join(known)}."
    if set(tiers) - {*choices, "steps"}:
        return f"Tiers have a measure, a period, a reading and steps, no {', '.join(set(tiers) - {*choices, 'steps'})}."
    if tiers.get("reading") == words.WHOLE and tiers["period"] == "all":
        return "All orders are raised when the period ends, and “all time” never does: choose the month or the year."
    steps = tiers.get("steps")
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        return f"Add 1 to {MOST_STEPS} tiers."
    return _steps_problem(steps, least=1 if tiers["measure"] == "conversions" else 0)


_READINGS = (words.MARGINAL, words.WHOLE)


def _steps_problem(steps, *, least):
    last = least - 1
    for place, step in enumerate(steps, start=1):
        if not isinstance(step, dict) or set(step) - {"from", "amount_minor", "percent_bp"}:
            return f"Tier {place}: it has exactly a from and an amount or a percentage."
        if not _is_amount(step.get("from")) or step["from"] < least:
            return f"Tier {place}: it begins at a whole number of {least} or more."
        if step["from"] <= last:
            return f"Tier {place}: it must begin above the one before; tiers go up."
        if problem := _pay_problem(step):
            return f"Tier {place}: {problem}"
        last = step["from"]
    return ""


def _pay_problem(said):
    amount, percent = said.get("amount_minor"), said.get("percent_bp")
    if bool(amount) == bool(percent):
        return "write either an amount or a percentage."
    if not _is_amount(amount or percent):
        return f"its amount is a whole number from 1 to {money.LARGEST_MINOR}."
    if percent and percent > money.BASIS_POINTS:
        return "a percentage is at most 100."
    return ""


def _per_product(side, said):
    items = said.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        return {
            f"{side}_items": f"The list of products is empty: add 1 to {MOST_ITEMS} rows of products or categories."
        }
    for place, item in enumerate(items, start=1):
        if problem := _item_problem(item):
            return {f"{side}_items": f"Row {place}: {problem}"}
    return _between(side, said)


def _item_problem(item):
    if not isinstance(item, dict) or set(item) - {"by", "values", "amount_minor", "percent_bp"}:
        return "it has exactly by, values, and an amount or a percentage."
    if item.get("by") not in ("product", "category"):
        return "choose products or categories."
    values = item.get("values")
    good = isinstance(values, list) and 0 < len(values) <= MOST_VALUES
    if not good or not all(isinstance(value, str) and 0 < len(value.strip()) <= 200 for value in values):  # noqa: PLR2004
        return "name at least one product or category."
    return _pay_problem(item)


_OF_KIND = {
    words.FIXED: _fixed,
    words.PERCENT: _percent,
    words.TIERED: _tiered,
    words.PER_PRODUCT: _per_product,
}


def _of_form(side, said, form, kind, points_per_unit):
    if form == words.CUSTOM:
        label = said.get("label")
        if not isinstance(label, str) or not 0 < len(label.strip()) <= LONGEST_LABEL:
            return {f"{side}_label": f"Write what they get, in at most {LONGEST_LABEL} characters, such as a mug."}
    if form in (words.COUPON, words.GIFT_CARD):
        pool = said.get("pool")
        if not isinstance(pool, str) or ids.decode("pol", pool) is None:
            return {f"{side}_pool": "Choose the pool that the codes are taken from."}
    if form == words.POINTS and _has_percent(said, kind) and not points_per_unit:
        return {
            f"{side}_form": "The program says no worth of a point, so a percentage cannot be turned into points. "
            "Say it at the program, or give fixed points."
        }
    return {}


def _has_percent(said, kind):
    rows = {words.TIERED: (said.get("tiers") or {}).get("steps", ()), words.PER_PRODUCT: said.get("items") or ()}
    return kind == words.PERCENT or any(row.get("percent_bp") for row in rows.get(kind, ()))
