"""Decisions as people read them: every rule, every check with its numbers, and what became of the money."""

from advocacy import money, reasons
from advocacy.models import Event, Side
from rewards import rulebook, verdicts
from rewards.models import Decision, Reward, RuleVersion, Subject, Transfer


def of_subject(*, storefront, kind, public_id):
    """``{"decisions": […], "rewards": […], "transfers": […]}``, oldest first; empty before the first settling."""
    subject = Subject.objects.filter(storefront=storefront, kind=kind, public_id=public_id).order_by("pk").first()
    if subject is None:
        return {"decisions": [], "rewards": [], "transfers": []}
    decisions = list(Decision.objects.filter(subject=subject).order_by("number"))
    sentences = _sentences(decisions)
    facts = dict(
        Event.objects.filter(
            storefront=storefront,
            subject_kind=kind,
            subject_id=public_id,
            version__in=[one.version for one in decisions],
        ).values_list("version", "facts")
    )
    return {
        "decisions": [_decision(one, one.facts or facts[one.version], sentences) for one in decisions],
        "rewards": list(
            Reward.objects.filter(subject=subject)
            .select_related("rule", "rule_version", "recipient", "advocate")
            .order_by("id")
        ),
        "transfers": list(Transfer.objects.filter(reward__subject=subject).select_related("reward").order_by("id")),
    }


def _sentences(decisions):
    ids = {verdict["version"] for decision in decisions for verdict in decision.verdicts}
    versions = RuleVersion.everything.filter(pk__in=ids).select_related("rule__program")
    return {version.pk: rulebook.sentence(version, currency=version.rule.program.currency) for version in versions}


def _decision(decision, facts, sentences):
    return {
        "version": decision.version,
        "decided_at": decision.decided_at,
        "rules": [_rule(verdict, facts, sentences) for verdict in verdicts.read(decision.verdicts)],
    }


def _rule(verdict, facts, sentences):
    return {
        "name": verdict["name"],
        "number": verdict["number"],
        "sentence": sentences.get(verdict["version"], ""),
        "checks": [_check(check, verdict["unit"]) for check in verdict["checks"]],
        "sides": [_side(verdict, side, facts) for side in Side.values if side in verdict["granted"]],
    }


_QUESTIONS = {
    "program_status": "the program is active",
    "advocate_status": "the advocate is not banned",
    "currency": "the order is in the program’s currency",
    "goods_minor": "goods before the friend’s discount",
    "earlier_orders": "the friend’s first order that qualifies",
    "revenue_minor": "revenue",
    "sequence": "how many orders the friend made",
    "days_since_signup": "days since joining",
    "country": "country",
    "channel": "channel",
}
_COMPARED = {
    "at_least": "at least",
    "at_most": "at most",
    "is": "is",
    "one_of": "one of",
    "any_of": "any of",
    "all_of": "all of",
    "none_of": "none of",
    "below": "below",
    "before": "before",
    "any": "any of",
    "all": "all of",
}


def _check(check, unit):
    shown = reasons.of_check(check, unit=unit)
    question = _QUESTIONS.get(check["field"], check["field"])
    if check["field"] not in ("program_status", "advocate_status", "currency", "earlier_orders"):
        question = f"{question} {_COMPARED[check['op']]} {_plain(shown['threshold'])}"
    return {
        "reason": check["reason"],
        "passed": check["passed"],
        "field": check["field"],
        "op": check["op"],
        "threshold": check["threshold"],
        "input": check["input"],
        "question": question,
        "answer": _answer(check, shown),
        "text": "" if check["passed"] else reasons.staff(check["reason"], **shown),
    }


def _answer(check, shown):
    if check["field"] == "earlier_orders":
        return f"{check['input']} before it"
    return _plain(shown["input"])


def _plain(value):
    return ", ".join(value) if isinstance(value, list) else str(value)


def _side(verdict, side, facts):
    unit = verdict["unit"]
    failed = {check["reason"]: reasons.of_check(check, unit=unit) for check in verdict["checks"] if not check["passed"]}
    numbers = (
        {
            "refunded": money.plain(facts["refunded_minor"], facts["currency"]),
            "basis": money.plain(facts["basis_minor"], facts["currency"]),
        }
        if "basis_minor" in facts
        else {}
    )
    return {
        "side": side,
        "granted_minor": verdict["granted"][side],
        "owed_minor": verdict["owed"][side],
        "unit": verdict["units"][side],
        "granted": money.plain(verdict["granted"][side], verdict["units"][side]),
        "owed": money.plain(verdict["owed"][side], verdict["units"][side]),
        "reasons": [
            {
                "key": key,
                "staff": reasons.staff(key, **numbers | failed.get(key, {})),
                "advocate": reasons.advocate(key, threshold=failed.get(key, {}).get("threshold", "")),
            }
            for key in verdict["reasons"][side]
        ],
    }
