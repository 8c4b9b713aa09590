"""Bring what is owed and what the ledger holds together: decide purely, post the difference.

The subjects are conversions so far: their events carry ``converted_at`` and a friend. A first conversion, a refund, a
rejection, its reversal and a replay are the same call. A settling that finds nothing new posts nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import prefetch_related_objects

from advocacy.models import Event, Side, bulk
from rewards import crediting, locks, rulebook, rules
from rewards.models import Counter, Decision, Reward, RewardStatus, RuleVersion, Subject

ALWAYS = "all"
CONVERSION = "conversion"


@dataclass
class Case:
    """One subject in a settling: its row, the newest event of it here, and what earlier settlings left."""

    subject: Subject
    event: Event
    origin: dict | None = None  # the facts of its first event, where the newest is not that
    versions: list = field(default_factory=list)  # the RuleVersions in force when it first occurred
    rewards: dict = field(default_factory=dict)  # (rule, side) → Reward
    earlier: dict = field(default_factory=dict)  # rule → its verdict in the last decision
    verdicts: list = field(default_factory=list)

    @property
    def first(self):
        return self.subject.settled_version == 0


def settle(*, events, at):
    """Settle the subjects of these events. The handler of lane ``money``; runs in the caller's transaction."""
    cases = _cases(events)
    if not cases:
        return
    _read_origins(cases)
    _read_what_was(cases)
    _read_versions(cases)
    _decide(cases)
    _write_decisions(cases, at)
    crediting.bring(_targets(cases, at), at=at)


# --- what is to be decided -----------------------------------------------------------------------------------------


def _cases(events):
    newest = {}
    for event in events:
        known = newest.get(event.subject_id)
        if known is None or event.version > known.version:
            newest[event.subject_id] = event
    rows = [
        Subject(
            storefront_id=event.storefront_id,
            program_id=event.program_id,
            kind=event.subject_kind,
            public_id=event.subject_id,
            occurred_at=datetime.fromisoformat(event.facts["converted_at"]),
        )
        for event in newest.values()
    ]
    subjects = locks.subjects(rows=rows)
    prefetch_related_objects(list(newest.values()), "advocate", "friend")
    cases = [
        Case(subjects[event.storefront_id, event.subject_kind, event.subject_id], event) for event in newest.values()
    ]
    # Somebody settled a newer state of it meanwhile: nothing to do for an older one.
    cases = [case for case in cases if case.event.version > case.subject.settled_version]
    return sorted(cases, key=lambda case: case.event.pk)


def _read_origins(cases):
    """A conversion begins with version 1; whatever came since, it is judged by that."""
    later = {case.event.subject_id: case for case in cases if case.event.version > 1}
    if later:
        firsts = Event.objects.filter(subject_kind=CONVERSION, subject_id__in=list(later), version=1)
        for subject_id, facts in firsts.values_list("subject_id", "facts"):
            later[subject_id].origin = facts


def _read_versions(cases):
    programs = {case.subject.program_id for case in cases}
    by_program = defaultdict(list)
    for version in (
        RuleVersion.objects.filter(rule__program__in=programs).select_related("rule__program").order_by("rule")
    ):
        version.terms = rulebook.terms_of(version)
        by_program[version.rule.program_id].append(version)
    for case in cases:
        case.versions = [version for version in by_program[case.subject.program_id] if _decides(version, case)]


def _decides(version, case):
    """In force when the subject first occurred; or it decided before, whatever became of its dates since."""
    earlier = case.earlier.get(version.rule_id)
    if earlier is not None:
        return version.pk == earlier["version"]
    moment = case.subject.occurred_at
    return version.starts_at <= moment and (version.ends_at is None or moment < version.ends_at)


def _read_what_was(cases):
    again = {case.subject.pk: case for case in cases if not case.first}
    if not again:
        return
    for reward in Reward.objects.filter(subject__in=list(again)).select_related("rule", "advocate"):
        again[reward.subject_id].rewards[reward.rule_id, reward.side] = reward
    last = Decision.objects.filter(subject__in=list(again)).order_by("subject_id", "-version").distinct("subject_id")
    for decision in last:
        again[decision.subject_id].earlier = {verdict["rule"]: verdict for verdict in decision.verdicts}


# --- deciding ------------------------------------------------------------------------------------------------------


def _decide(cases):
    counters = locks.counters(
        rows=[_counter(case, version) for case in cases for version in case.versions if version.terms.once_per_friend]
    )
    changed = {}
    for case in cases:
        for version in case.versions:
            counter = counters.get(_cap(case, version))
            verdict = _verdict(case, version, counter)
            case.verdicts.append((version, verdict))
            mine = _was_counted(case, version)
            if counter and verdict.counted != mine:
                counter.used += 1 if verdict.counted else -1
                changed[counter.pk] = counter
    Counter.objects.bulk_update(changed.values(), ["used"])


def _verdict(case, version, counter):
    others = counter.used - _was_counted(case, version) if counter else 0
    return rules.decide(case.event.facts, version.terms, used=others, before=_before(case, version), first=case.origin)


def _cap(case, version):
    return version.rule_id, rules.ONCE_PER_FRIEND, case.event.friend.public_id, ALWAYS


def _counter(case, version):
    rule, cap, key, period = _cap(case, version)
    return Counter(rule_id=rule, cap=cap, key=key, period=period)


def _was_counted(case, version):
    return bool(case.earlier.get(version.rule_id, {}).get("counted"))


def _before(case, version):
    if case.first:
        return None
    earlier = case.earlier.get(version.rule_id)
    if earlier is None:
        # It came into force for that time only after the subject was first settled.
        return rules.Before(reasons=("rule_not_in_force",))
    return rules.Before(granted=earlier["granted"], reasons=tuple(earlier["refusal"]))


def _write_decisions(cases, at):
    bulk.insert(
        Decision(
            subject=case.subject,
            version=case.event.version,
            verdicts=[_told(case, version, verdict) for version, verdict in case.verdicts],
            decided_at=at,
        )
        for case in cases
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rewards_subject SET settled_version = settled.version "
            "FROM unnest(%s::bigint[], %s::int[]) AS settled (id, version) WHERE rewards_subject.id = settled.id",
            [[case.subject.pk for case in cases], [case.event.version for case in cases]],
        )


def _told(case, version, verdict):
    """A verdict as it is kept for explanations, and for the next settling of the same subject."""
    return {
        "rule": version.rule_id,
        "version": version.pk,
        "number": version.number,
        "name": version.rule.name,
        "unit": version.terms.unit,
        "hold_days": version.hold_days,
        "checks": [check.as_dict() for check in verdict.checks],
        "granted": verdict.granted,
        "owed": verdict.owed,
        "reasons": verdict.reasons,
        "refusal": verdict.refusal,
        "counted": verdict.counted,
        "cap_key": str(case.event.friend.public_id) if version.terms.once_per_friend else None,
    }


# --- what follows --------------------------------------------------------------------------------------------------


def _targets(cases, at):
    """A Target for every reward that these cases granted, now or earlier."""
    targets = []
    for case in cases:
        for version, verdict in case.verdicts:
            for side, granted in verdict.granted.items():
                reward = case.rewards.get((version.rule_id, side))
                if reward is None and granted:
                    reward = _reward(case, version, side, granted, at)
                if reward is not None:
                    reward.reviewed = verdict.reviewed[side]
                    targets.append(crediting.Target(reward, verdict.owed[side], case.event))
    return targets


def _reward(case, version, side, granted, at):
    event = case.event
    return Reward(
        storefront_id=event.storefront_id,
        program_id=event.program_id,
        rule=version.rule,
        rule_version=version,
        subject=case.subject,
        side=side,
        recipient_id=event.friend_id if side == Side.FRIEND else event.advocate.customer_id,
        advocate=event.advocate,
        unit=version.terms.unit,
        granted_minor=granted,
        status=RewardStatus.REVERSED,
        due_at=case.subject.occurred_at + timedelta(days=version.hold_days),
        created_at=at,
    )
