"""What is refused of a rule's caps and budgets."""

from advocacy import money
from rewards.rule_checks.benefits import noun
from rewards.rules import periods
from rewards.rules import terms as words

MOST_CAPS = 12
_PARTS = {"scope", "period", "measure", "limit", "side"}
_CHOICES = {"scope": words.SCOPES, "period": periods.PERIODS, "measure": (words.COUNT, words.AMOUNT)}


def problems(terms, program):
    caps, seen = terms.get("caps") or [], set()
    if not isinstance(caps, list) or len(caps) > MOST_CAPS:
        return {"caps": f"Caps are a list of at most {MOST_CAPS}."}
    for place, cap in enumerate(caps, start=1):
        if problem := _cap_problem(cap, terms, program, seen):
            return {"caps": f"Limit {place}: {problem}"}
        seen.add((cap["measure"], cap["scope"], cap.get("side", "")))
    return {}


def _cap_problem(cap, terms, program, seen):
    if problem := _shape_problem(cap, program):
        return problem
    side, benefits = cap.get("side", ""), terms["benefits"]
    if side and side not in benefits:
        return f"{noun(side)} gets nothing by this rule."
    if (cap["measure"], cap["scope"], side) in seen:
        return "there is one of this kind already; of each kind there can be one."
    return _amount_problem(terms, side) if cap["measure"] == words.AMOUNT else ""


def _shape_problem(cap, program):
    if isinstance(cap, dict) and {"currency", "unit"} & set(cap):
        return f"a cap has no currency of its own: it is in {program.currency}, or in the points of its side."
    if not isinstance(cap, dict) or not _PARTS - {"side"} <= set(cap) <= _PARTS:
        return "it has exactly a scope, a period, a measure, a limit, and perhaps a side."
    for name, choices in _CHOICES.items():
        if cap[name] not in choices:
            return f"its {name} is one of {', '.join(choices)}."
    if type(cap["limit"]) is not int or not 0 < cap["limit"] <= money.LARGEST_MINOR:
        return "it must be above 0; archive the rule if it shall pay nothing."
    return ""


def _amount_problem(terms, side):
    if terms.get("per_currency"):
        return "an amount cannot be counted over several currencies: limit the number instead."
    units = {_unit(each) for each in terms["benefits"].values()}
    return "the sides get different things: say whose amount it limits." if not side and len(units) > 1 else ""


def _unit(benefit):
    return "points" if benefit.get("form") == words.POINTS else "money"
