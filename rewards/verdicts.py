"""A verdict as it is kept in a Decision: small, because there is one for every rule and conversion."""

import uuid

from rewards import rules


def kept(verdict):
    """The JSON of one Verdict; ``read`` gives it back to people, ``earlier`` to the next settling."""
    terms = verdict.terms
    said = {
        "rule": terms.rule,
        "version": terms.version,
        "number": terms.number,
        "name": terms.name,
        "unit": terms.unit,
        "checks": [check if check.parts else check[:6] for check in verdict.checks],
        "granted": verdict.granted,
        "owed": verdict.owed,
        "units": verdict.units,
        "reasons": verdict.reasons,
        "refusal": verdict.refusal,
        "uses": [[cap, str(key), period, number] for (cap, key, period), number in verdict.uses.items()],
    }
    if verdict.rate:
        said["rate"] = verdict.rate.as_dict()
    if verdict.waits:
        said["waits"] = True
    return said


def earlier(said):
    """What the next settling must know of it."""
    return rules.Earlier(
        granted=said["granted"],
        refusal=tuple(said["refusal"]),
        uses={(cap, uuid.UUID(key), period): number for cap, key, period, number in said["uses"]},
        waits=said.get("waits", False),
    )


def read(verdicts):
    """Kept verdicts with their checks as dictionaries."""
    return [said | {"checks": [_check(check) for check in said["checks"]]} for said in verdicts]


def _check(kept):
    names = ("reason", "field", "op", "threshold", "input", "passed")
    told = dict(zip(names, kept, strict=False))
    if len(kept) > len(names):
        told["parts"] = [_check(part) for part in kept[-1]]
    return told
