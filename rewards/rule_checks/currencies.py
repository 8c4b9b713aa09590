"""What is refused of amounts per currency."""

from advocacy import conditions, money
from rewards.rule_checks.benefits import noun
from rewards.rules import terms as words


def problems(terms, program):
    said = terms.get("per_currency") or {}
    if not said:
        return {}
    if not isinstance(said, dict) or not all(isinstance(each, dict) for each in said.values()):
        return {"per_currency": "Write the amounts by currency, each by side."}
    problem = _no_currencies(terms) or next(
        (problem for code, each in said.items() if (problem := _currency_problem(code, each, terms, program))), ""
    )
    return {"per_currency": problem} if problem else {}


def _no_currencies(terms):
    for benefit in terms["benefits"].values():
        rows = [*(benefit.get("tiers") or {}).get("steps", ()), *(benefit.get("items") or ())]
        if any(row.get("amount_minor") for row in rows):
            return (
                "Amounts of tiers and products stand in the program’s currency only: use percentages, or one currency."
            )
        if (benefit.get("tiers") or {}).get("reading") == words.WHOLE:
            return (
                "Tiers that count for all of the period are raised in the program’s currency only: leave the amounts "
                "per currency out (orders then convert at the day’s rate), or let a tier count for each order from "
                "there on."
            )
        if (benefit.get("tiers") or {}).get("measure") == "revenue":
            return "Revenue cannot be counted over several currencies: count conversions."
        if benefit.get("form") == words.POINTS and benefit.get("kind") != words.FIXED:
            return "A percentage in points needs the program’s currency: leave the amounts per currency out."
    asked = conditions.single_conditions(terms.get("conditions") or [])
    if any(conditions.field_of(one["field"]).kind == "money" for one in asked):
        return "A condition on money is in the program’s currency: use the minimum order, which has one per currency."
    return ""


def _currency_problem(code, said, terms, program):
    if code not in money.CURRENCIES or code == program.currency:
        return f"{code!r} is not another currency than {program.currency}; write a code such as USD."
    if strange := set(said) - {"minimum_order_minor", *terms["benefits"]}:
        return f"{code}: this rule has no {', '.join(sorted(strange))}."
    if not _above_0(said, ["minimum_order_minor"] if terms.get("minimum_order_minor") else []):
        return f"{code}: write the minimum order in {code} too."
    found = (_side_problem(side, said.get(side, {}), one, program) for side, one in terms["benefits"].items())
    return next((f"{code}: {problem}" for problem in found if problem), "")


def _side_problem(side, given, benefit, program):
    wanted = ["amount_minor", "minimum_minor", "maximum_minor"] if benefit.get("form") != words.POINTS else []
    wanted = [part for part in wanted if benefit.get(part)]
    if not isinstance(given, dict) or set(given) - set(wanted) or not _above_0(given, wanted):
        parts = ", ".join(part.removesuffix("_minor") for part in wanted) or "nothing"
        return f"{noun(side)} needs exactly the same amounts as in {program.currency}: {parts}."
    if given.get("maximum_minor", money.LARGEST_MINOR) < given.get("minimum_minor", 0):
        return "the maximum is below the minimum."
    return ""


def _above_0(said, wanted):
    return all(type(said.get(part)) is int and 0 < said[part] <= money.LARGEST_MINOR for part in wanted)
