"""What was decided about one fact, by every rule of every program that was asked, and what came of it."""

import zoneinfo
from datetime import timedelta

from django.db.models import F
from django.utils.formats import date_format

from advocacy import ids, persons, reckonings
from advocacy.models import Event
from rewards import book, rates, rulebook, rules
from rewards.coupons import debts
from rewards.explanations import verdict
from rewards.models import Decision, Reward, RuleVersion, Subject, Transfer
from rewards.settlement.milestones import STEP

_NEAR = timedelta(minutes=2)


def of_subject(*, storefront, kind, public_id):
    """``{"decisions": […], "rewards": […], "transfers": […]}``, oldest first; empty before the first settling.

    Rewards have ``awaits_delivery``: their date counts from the payment, until a delivery is told; and ``pays_off``:
    credited without a code, because one that was used is still owed; and ``digital_at_once``: no hold, because nothing
    of the order is to be sent.
    """
    subjects = list(Subject.objects.filter(storefront=storefront, kind=kind, public_id=public_id).order_by("pk"))
    if not subjects:
        return {"decisions": [], "rewards": [], "transfers": []}
    decisions = list(Decision.objects.filter(subject__in=subjects).select_related("subject__program").order_by("pk"))
    versions = _versions(decisions)
    events = Event.objects.filter(storefront=storefront, subject_kind=kind, subject_id=public_id).order_by("-version")
    facts = {event.version: event.facts for event in events}
    # What each trigger began with.
    firsts = {event.type: event.facts for event in events}
    rewards = _rewards(subjects)
    paying = set(
        debts.paying(Reward.objects.filter(subject__in=subjects, waits_for_code=True)).values_list("pk", flat=True)
    )
    for reward in rewards:
        reward.pays_off = reward.pk in paying
        _note_hold(reward, decisions, facts)
    return {
        "decisions": [
            _decision(one, one.facts or facts[one.version], firsts.get(one.subject.trigger, {}), versions)
            for one in decisions
        ],
        "rewards": rewards,
        "transfers": list(Transfer.objects.filter(reward__in=rewards).select_related("reward").order_by("id")),
    }


def reached_by(*, advocate, conversion):
    """The public ids of the milestones' steps that this conversion, by its own, brought the advocate to."""
    mine = persons.records(advocate).values("pk")
    steps = Decision.objects.filter(subject__advocate__in=mine, subject__trigger=STEP)
    rows = steps.filter(facts__reached_by=str(conversion)).order_by("subject_id")
    return list(dict.fromkeys(rows.values_list("subject__public_id", flat=True)))


def who_reached(*, step):
    """The public id of the conversion that brought its advocate to this step, as decided last; None where unknown."""
    rows = Decision.objects.filter(subject__trigger=STEP, subject__public_id=step).order_by("-number")
    return rows.values_list("facts__reached_by", flat=True).first()


def _day(subject):
    """The day whose exchange rates it takes."""
    reckoned = reckonings.Reckonings([subject.program]).at(subject.program_id, subject.occurred_at)
    return rates.day_of(subject.occurred_at, reckoned.zone)


def _versions(decisions):
    """``{id: RuleVersion}`` with its sentence."""
    asked = {said["version"] for decision in decisions for said in decision.verdicts}
    versions = RuleVersion.everything.filter(pk__in=asked).select_related("rule__program").in_bulk()
    for version in versions.values():
        version.sentence = rulebook.sentence(version, currency=version.rule.program.currency)
    return versions


def _rewards(subjects):
    rows = Reward.objects.filter(subject__in=subjects).select_related(
        "rule", "rule_version__rule__program", "recipient", "advocate", "subject"
    )
    return list(rows.order_by("id"))


def _note_hold(reward, decisions, facts):
    reward.awaits_delivery = reward.digital_at_once = False
    if reward.rule_version:
        last = [one for one in decisions if one.subject_id == reward.subject_id][-1]
        terms, moment = book.terms_of(reward.rule_version), reward.subject.occurred_at
        known = last.facts or facts[last.version]
        reward.digital_at_once = bool(terms.hold_days) and rules.is_at_once(facts=known, terms=terms)
        waits = rules.due_at(facts=known, terms=terms, moment=moment)[1]
        reward.awaits_delivery = bool(reward.pending_minor) and waits


def _decision(decision, facts, first, versions):
    return {
        "version": decision.version,
        "number": decision.number,
        "decided_at": decision.decided_at,
        "corrected": decision.correction is not None,
        "correction": ids.encode("cor", decision.correction) if decision.correction else None,
        "rules": verdict.told(decision.verdicts, facts, first, versions, _day(decision.subject)),
        "not_in_force": [] if decision.verdicts else _not_in_force(decision.subject),
    }


def _not_in_force(subject):
    """Where no rule was asked: when each that the program has for it began later, or had ended, in a sentence."""
    moment, zone = subject.occurred_at, zoneinfo.ZoneInfo(subject.program.time_zone)
    versions = RuleVersion.objects.filter(rule__program=subject.program, trigger=subject.trigger)
    versions = versions.exclude(starts_at=F("ends_at")).select_related("rule").order_by("rule", "starts_at")
    later = {version.rule_id: version for version in reversed(versions) if version.starts_at > moment}
    before = {version.rule_id: version for version in versions if version.starts_at <= moment}
    said = [(later[rule], "began on", later[rule].starts_at) for rule in later if rule not in before]
    said += [(before[rule], "had ended on", before[rule].ends_at) for rule in before]
    return [f"“{version.rule.name}” {what} {_as_near(at, moment, zone)}." for version, what, at in said]


def _as_near(at, moment, zone):
    """With seconds and the other moment where the minute might not tell them apart."""
    at, moment = at.astimezone(zone), moment.astimezone(zone)
    if abs(at - moment) >= _NEAR:
        return date_format(at, "j F Y, H:i")
    return f"{date_format(at, 'j F Y, H:i:s')}; this happened at {date_format(moment, 'H:i:s')}"
