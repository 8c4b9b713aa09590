"""One decision's verdicts in words: what each rule asked, what it gave to whom, and why not more."""

from datetime import date

from django.utils.formats import date_format

from advocacy import ids, money, reasons
from advocacy.models import Side
from rewards import rules, verdicts
from rewards.explanations import checks
from rewards.rules.amounts import converted, minor_rate
from rewards.rules.terms import MARGINAL, ONCE


def told(kept, facts, first, versions, day):
    """A dictionary for each rule, for JSON. ``versions``: RuleVersions by id, each with its ``sentence``.

    ``first``: the facts that it was decided on; ``facts``: those it is owed by. ``day``: whose exchange rates it takes.
    """
    said = verdicts.read(kept)
    return [_rule(each, (facts, first), versions, _paid_instead(each, said, versions), day) for each in said]


def _rule(said, states, versions, instead, day):
    amounts = _amounts(*states)
    version = versions[said["version"]]
    return {
        "rule": ids.encode("rul", version.rule.public_id),
        "name": said["name"],
        "number": said["number"],
        "sentence": version.sentence,
        "checks": [checks.told(check, said["unit"], version) for check in said["checks"]],
        "rate": _rate(said, states[0]),
        "waits_for": _awaited(said, day),
        "counts": _counts(said, version),
        "tier": _tier(said, version),
        "sides": [_side(said, side, amounts, version, instead) for side in Side.values if side in said["granted"]],
    }


def _rate(said, facts):
    """Such as “60.00 USD = 55.20 EUR at 0.92 of 2 March 2026, ecb”; empty where nothing was converted."""
    if "rate" not in said:
        return ""
    rate, currency, unit = said["rate"], facts["currency"], said["unit"]
    worth = converted({"basis_minor": facts["basis_minor"]}, minor_rate(rate["rate"], currency, unit))["basis_minor"]
    day = date_format(date.fromisoformat(rate["day"]), "j F Y")
    amounts = f"{money.plain(facts['basis_minor'], currency)} = {money.plain(worth, unit)}"
    return f"{amounts} at {rate['rate']} of {day}, {rate['source']}"


def _awaited(said, day):
    """Such as “the exchange rate from USD to EUR of 2 March 2026”; empty where it is decided."""
    if not said.get("waits"):
        return ""
    missing = next(check for check in said["checks"] if check["reason"] == rules.RATE_MISSING)
    return f"the exchange rate from {missing['input']} to {missing['threshold']} of {date_format(day, 'j F Y')}"


def _counts(said, version):
    """What it is for a milestone, whose steps pay; empty for other rules and for steps themselves."""
    if not version.milestone_every or said["owed"]:
        return ""
    counted = any(cap == ONCE for cap, *_ in said["uses"])
    if not counted:
        return "the friend does not count by this order"
    if version.milestone_every == 1:
        return f"the friend counts as {'every friend does' if version.milestone_repeats else 'the first friend'}"
    how = f"every {version.milestone_every}" if version.milestone_repeats else f"the first {version.milestone_every}"
    return f"the friend counts as one of {how} friends"


_BY_TIER = (
    "By the tier reached when this was first decided: what friends give back later lowers where the next order begins, "
    "not this one."
)


def _tier(said, version):
    """Of what was granted by tiers that count for each order; empty for other rules."""
    for side, benefit in version.benefits.items():
        tiers = benefit.get("tiers") or {}
        if tiers and tiers.get("reading", MARGINAL) == MARGINAL and said["granted"].get(side):
            return _BY_TIER
    return ""


def _paid_instead(said, others, versions):
    """``{side: name}`` of the rule in its exclusive group that paid."""
    group = versions[said["version"]].exclusive_group
    if not group:
        return {}
    return {
        side: other["name"]
        for other in others
        if other["rule"] != said["rule"] and versions[other["version"]].exclusive_group == group
        for side, granted in other["granted"].items()
        if granted
    }


def _side(said, side, amounts, version, instead):
    failed = checks.numbers(said["checks"], said["unit"], version)
    unit = said["units"][side]
    return {
        "side": side,
        "granted_minor": said["granted"][side],
        "owed_minor": said["owed"][side],
        "unit": unit,
        "granted": money.plain(said["granted"][side], unit),
        "owed": money.plain(said["owed"][side], unit),
        "reasons": [
            {
                "key": key,
                "staff": reasons.staff(key, rule=instead.get(side, "?"), **amounts | failed.get(key, {})),
                "advocate": reasons.advocate(key, **_safe(key, amounts | failed.get(key, {}))),
            }
            for key in said["reasons"][side]
        ],
    }


def _safe(key, numbers):
    """The program's own number; of the input only the advocate's own count of friends."""
    own = {"input": numbers.get("input", "?")} if key == "milestone_not_reached" else {"input": "?"}
    return {"threshold": numbers.get("threshold", "")} | own


def _amounts(facts, first):
    numbers = {}
    if "basis_minor" in facts:
        numbers = {name: money.plain(facts[f"{name}_minor"], facts["currency"]) for name in ("refunded", "basis")}
        if facts["basis_minor"] != first.get("basis_minor", facts["basis_minor"]):
            numbers["first"] = money.plain(first["basis_minor"], first["currency"])
    if "step" in facts:
        numbers |= {"input": facts["friends"], "threshold": facts["threshold"]}
    return numbers
