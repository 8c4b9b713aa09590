"""A verdict as it is kept in a Decision: small, because there is one for every rule and conversion."""

import uuid

import orjson

from rewards import rules


def kept(verdict):
    """The JSON of one Verdict; ``read`` gives it back to people, ``earlier`` to the next settling.

    What a plain no leaves empty is left out, and so are the two checks of a program and advocate in good standing.
    """
    terms, checks = verdict.terms, verdict.checks
    stood = checks[0] is rules.STANDING[0] and checks[1] is rules.STANDING[1]
    said = {
        "rule": terms.rule,
        "version": terms.version,
        "number": terms.number,
        "name": terms.name,
        "unit": terms.unit,
        "checks": [check if check[6] else check[:6] for check in (checks[2:] if stood else checks)],
        "owed": verdict.owed,
        "refusal": verdict.refusal,
    }
    if stood:
        said["stood"] = True
    if not verdict.no:
        said["granted"], said["reasons"] = verdict.granted, verdict.reasons
        said["uses"] = [[cap, str(key), period, number] for (cap, key, period), number in verdict.uses.items()]
    if any(unit != terms.unit for unit in verdict.units.values()):
        said["units"] = verdict.units
    if verdict.rate:
        said["rate"] = verdict.rate.as_dict()
    if verdict.waits:
        said["waits"] = True
    if verdict.places:
        said["places"] = verdict.places
    if verdict.others:
        said["with"] = {scope: [str(key) for key in keys] for scope, keys in verdict.others.items()}
    return said


def written(verdict):
    """The same for a row that is about to be inserted: as a document where many subjects share the Verdict."""
    if not verdict.no:
        return kept(verdict)
    if verdict.written is None:
        verdict.written = orjson.Fragment(orjson.dumps(kept(verdict), default=list))
    return verdict.written


def earlier(said):
    """What the next settling must know of it."""
    return rules.Earlier(
        granted=said.get("granted", {}),
        owed=said["owed"],
        limits=_limits(said["checks"]),
        places={cap: tuple(place) for cap, place in said.get("places", {}).items()},
        refusal=tuple(said["refusal"]),
        uses={(cap, uuid.UUID(key), period): number for cap, key, period, number in said.get("uses", ())},
        waits=said.get("waits", False),
    )


def _limits(checks):
    """``{cap: limit}``; of several with one name, such as a day's and a month's, the highest."""
    limits = {}
    for _, cap, op, threshold, *_ in checks:
        if op == "below":
            limits[cap] = max(threshold, limits.get(cap, 0))
    return limits


def unit(said, side):
    """Of the amounts of a side of a kept verdict."""
    return said.get("units", {}).get(side, said["unit"])


def read(verdicts):
    """Kept verdicts whole, with their checks as dictionaries."""
    return [_whole(said) for said in verdicts]


def _whole(said):
    checks = [*(rules.STANDING if said.get("stood") else ()), *said["checks"]]
    nothing = {
        "granted": dict.fromkeys(said["owed"], 0),
        "units": dict.fromkeys(said["owed"], said["unit"]),
        "reasons": dict.fromkeys(said["owed"], said["refusal"]),
        "uses": [],
    }
    return nothing | said | {"checks": [_check(check) for check in checks]} | _taken_meanwhile(said)


def _taken_meanwhile(said):
    """Only what was granted once can have been the friend's first order, and lost that to another since."""
    granted = said.get("granted", {})
    return (
        {
            "reasons": {
                side: ["first_order_taken" if key == "not_first_order" and granted[side] else key for key in keys]
                for side, keys in said["reasons"].items()
            }
        }
        if granted
        else {}
    )


def _check(kept):
    names = ("reason", "field", "op", "threshold", "input", "passed")
    told = dict(zip(names, kept, strict=False))
    if kept[len(names) :] and kept[-1]:
        told["parts"] = [_check(part) for part in kept[-1]]
    return told
