"""Bring rewards to what they owe: post the difference, credit what is due, tell of it."""

import logging
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from advocacy.models import AdvocateStatus, Event, Side, bulk
from advocacy.outbox.interruptions import pass_on
from advocacy.outbox.record import Draft, record
from rewards import events as catalogue
from rewards import ledger, locks, rules
from rewards.models import Leg, Reward, RewardStatus

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A reward and what it owes now; ``event`` is the cause, None where only time has passed."""

    reward: Reward
    owed: int
    event: Event | None = None


def release(*, at, limit=500):
    """Credit what is due and held by nothing; returns how many rewards. Call again while it returns any.

    A reward that fails is logged and stays; the others are credited. Raises ``Interrupted`` like ``outbox.drain``.
    """
    due = list(_due(at).order_by("due_at", "pk").values_list("subject_id", flat=True)[:limit])
    try:
        return _release(due, at)
    except Exception as error:
        pass_on(error)
        log.exception("Crediting %s subjects failed; taking them one by one.", len(due))
    return sum(_release_alone(subject, at) for subject in due)


def _release_alone(subject, at):
    try:
        return _release([subject], at)
    except Exception as error:
        pass_on(error)
        log.exception("The rewards of subject %s cannot be credited.", subject)
        return 0


def _release(due, at):
    with transaction.atomic():
        subjects = locks.subjects_by_id(ids=due)
        rewards = _due(at).filter(subject__in=subjects).select_related("rule", "subject", "advocate").order_by("pk")
        targets = [Target(reward, reward.pending_minor + reward.available_minor) for reward in rewards]
        bring(targets, at=at)
    return len(targets)


def _due(at):
    return (
        Reward.objects.filter(status=RewardStatus.PENDING, reviewed=False, due_at__lte=at).exclude(
            ~Q(advocate__status=AdvocateStatus.ACTIVE), side=Side.ADVOCATE
        )  # as Reward.held_by says
    )


def bring(targets, *, at):
    """Post what brings each reward to what it owes. Needs the subjects locked, in the caller's transaction."""
    new = [target.reward for target in targets if target.reward.pk is None]
    known = [target.reward for target in targets if target.reward.pk is not None]
    moved = [(target, moves) for target in targets if (moves := _moves(target, at))]
    for target, moves in moved:
        _apply(target.reward, dict(moves), at)
    bulk.insert(new)
    _update(known)
    ledger.post([ledger.Posting(target.reward, *move) for target, moves in moved for move in moves], at=at)
    if moved:
        record([_draft(target, dict(moves), at) for target, moves in moved], at=at)


def _moves(target, at):
    reward = target.reward
    return rules.legs(
        owed=target.owed,
        pending=reward.pending_minor,
        available=reward.available_minor,
        releasable=_releasable(reward, at),
    )


def _releasable(reward, at):
    return reward.due_at <= at and not reward.held_by


def _apply(reward, change, at):
    release = change.get(Leg.RELEASE, 0)
    reward.version += 1
    reward.pending_minor += change.get(Leg.GRANT, 0) - change.get(Leg.TAKE_PENDING, 0) - release
    reward.available_minor += release - change.get(Leg.TAKE_AVAILABLE, 0)
    if release and reward.credited_at is None:
        reward.credited_at = at
    if reward.pending_minor:
        reward.status = RewardStatus.PENDING
    else:
        reward.status = RewardStatus.AVAILABLE if reward.available_minor else RewardStatus.REVERSED


_COLUMNS = {
    "pending_minor": "bigint",
    "available_minor": "bigint",
    "status": "text",
    "reviewed": "boolean",
    "credited_at": "timestamptz",
    "version": "integer",
}


def _update(rewards):
    """One statement for all of them; Django's bulk_update is many times slower."""
    if not rewards:
        return
    sets = ", ".join(f"{column} = now.{column}" for column in _COLUMNS)
    arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE rewards_reward SET {sets} FROM unnest(%s::bigint[], {arrays}) "  # noqa: S608 - our own column names
            f"AS now (id, {', '.join(_COLUMNS)}) WHERE rewards_reward.id = now.id",
            [
                [reward.pk for reward in rewards],
                *([getattr(reward, column) for reward in rewards] for column in _COLUMNS),
            ],
        )


def _draft(target, change, at):
    reward = target.reward
    return Draft(
        type=_event_type(change),
        subject=reward,
        storefront=reward.storefront_id,
        customer=reward.recipient_id,
        program=reward.program_id,
        advocate=reward.advocate_id,
        cause=target.event,
        facts=_facts(reward),
        occurred_at=at,
    )


def _event_type(change):
    if Leg.RELEASE in change:
        return catalogue.REWARD_CREDITED
    return catalogue.REWARD_PENDING if Leg.GRANT in change else catalogue.REWARD_REVERSED


def _facts(reward):
    return {
        "reward": str(reward.public_id),
        "side": reward.side,
        "rule": str(reward.rule.public_id),
        "subject_kind": reward.subject.kind,
        "subject": str(reward.subject.public_id),
        "unit": reward.unit,
        "granted_minor": reward.granted_minor,
        "pending_minor": reward.pending_minor,
        "available_minor": reward.available_minor,
        "due_at": reward.due_at.isoformat(),
    }
