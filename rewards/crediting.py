"""Bring rewards to what they owe: post the difference, credit what is due, tell of it."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from advocacy import persons
from advocacy.models import Advocate, AdvocateStatus, Event, bulk
from advocacy.outbox.interruptions import pass_on
from advocacy.outbox.record import Draft, record
from rewards import events as catalogue
from rewards import fulfilment, ledger, locks, rules
from rewards.models import Leg, Reward, RewardStatus

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A reward and what it owes now; ``event`` is the cause, None where only time has passed.

    ``expires_days``: of its rule version, for when it is credited.
    """

    reward: Reward
    owed: int
    event: Event | None = None
    expires_days: int | None = None


def release(*, at, limit=500, storefront=None):
    """Credit what is due and held by nothing; returns how many rewards it looked at. Call again while it returns any.

    ``storefront``: of this one only.

    What is held because its advocate is paused or banned is set aside until ``resume``, so that no later call meets it
    again. A reward that fails is logged and stays; the others are credited. Raises ``Interrupted`` like
    ``outbox.drain``.
    """
    rows = locks.of_only(storefront, _due(at)).order_by("due_at", "pk")
    due = list(rows.values_list("subject_id", "storefront_id")[:limit])
    try:
        return _release(due, at)
    except Exception as error:
        pass_on(error)
        log.exception("Crediting %s subjects failed; taking them one by one.", len(due))
    return sum(_release_alone(each, at) for each in due)


def _release_alone(each, at):
    try:
        return _release([each], at)
    except Exception as error:
        pass_on(error)
        log.exception("The rewards of subject %s cannot be credited.", each[0])
        return 0


def _release(due, at):
    """``due``: ``[(subject id, storefront id)]``."""
    with transaction.atomic():
        # What a person owes in codes is of all their records.
        persons.together({storefront for _, storefront in due})
        subjects = locks.subjects_by_id(ids=[subject for subject, _ in due])
        rewards = _due(at).filter(subject__in=subjects)
        rewards = list(rewards.select_related("rule", "rule_version", "subject", "advocate").order_by("pk"))
        bring([target(reward) for reward in rewards if not reward.held_by], at=at)
        _set_aside([reward for reward in rewards if reward.held_by])
    return len(rewards)


def _set_aside(rewards):
    """Their advocates are locked: whoever lets one go on waits, and then finds what was set aside."""
    if rewards:
        known = Advocate.objects.filter(pk__in={reward.advocate_id for reward in rewards})
        held = known.exclude(status=AdvocateStatus.ACTIVE).order_by("pk").select_for_update(no_key=True)
        mine = Reward.objects.filter(pk__in=[reward.pk for reward in rewards])
        mine.filter(advocate__in=[advocate.pk for advocate in held]).update(waits_for_advocate=True)


def resume(*, events, at):
    """Handler of ``advocate.changed``: what was set aside of those who go on is looked at again."""
    active = {event.advocate_id for event in events if event.facts["status"] == AdvocateStatus.ACTIVE}
    Reward.objects.filter(advocate__in=active, waits_for_advocate=True).update(waits_for_advocate=False)


def target(reward):
    """What it owes now, for a reward that only time or a code has moved."""
    days = reward.rule_version.expires_days if reward.rule_version_id else None
    return Target(reward, held(reward), expires_days=days)


def _due(at):
    """By the index ``rewards_that_fall_due``."""
    return Reward.objects.filter(
        status=RewardStatus.PENDING, reviewed=False, waits_for_code=False, waits_for_advocate=False, due_at__lte=at
    )


def was_credited(*, storefront, conversion, side):
    """Whether a reward of this side of a conversion (by its public id) is not merely pending any more."""
    rows = Reward.objects.filter(storefront=storefront, subject__public_id=conversion, side=side)
    return rows.filter(credited_at__isnull=False).exclude(status=RewardStatus.REVERSED).exists()


def held(reward):
    """What is owed of a reward, wherever it is by now."""
    return reward.pending_minor + reward.available_minor + reward.expired_minor + _elsewhere(reward)


def _elsewhere(reward):
    return reward.reserved_minor + reward.spent_minor + reward.paid_minor - reward.waived_minor


def bring(targets, *, at):
    """Post what brings each reward to what it owes. Needs the subjects locked, in the caller's transaction."""
    new = [target.reward for target in targets if target.reward.pk is None]
    known = [target.reward for target in targets if target.reward.pk is not None]
    due = _due_to_hand_over(targets, at)
    waiting = fulfilment.not_ready(due, at=at) if due else frozenset()
    moved = [(target, moves) for target in targets if (moves := _moves(target, at, waiting))]
    for target, moves in moved:
        _apply(target, moves, at)
    bulk.insert(new)
    save(known)
    fulfilment.hand_over([reward for reward in due if reward.public_id not in waiting], at=at)
    ledger.post([ledger.Posting(target.reward, *move) for target, moves in moved for move in moves], at=at)
    _take_back(moved, at)
    if moved:
        record([_draft(target, dict(moves), at) for target, moves in moved], at=at)


def _due_to_hand_over(targets, at):
    """Those whose form needs more than a transfer, and whose hold is over."""
    due = [target.reward for target in targets if target.owed and _releasable(target.reward, at)]
    return [reward for reward in due if reward.form in fulfilment.READY]


def _take_back(moved, at):
    """What was handed over and is owed no more."""
    gone = [target.reward for target, _ in moved if not target.owed and target.reward.credited_at]
    fulfilment.take_back(gone, at=at)


def _moves(target, at, waiting):
    reward = target.reward
    return rules.legs(
        owed=target.owed,
        pending=reward.pending_minor,
        available=reward.available_minor,
        expired=reward.expired_minor,
        elsewhere=_elsewhere(reward),
        releasable=_releasable(reward, at) and reward.public_id not in waiting,
    )


def _releasable(reward, at):
    return reward.due_at <= at and not reward.held_by


def _apply(target, moves, at):
    reward = target.reward
    ledger.move(reward, moves)
    if any(leg == Leg.RELEASE for leg, _ in moves) and reward.credited_at is None:
        reward.credited_at = at
        # What was made ready for it, such as a code, may end sooner.
        if target.expires_days and reward.expires_at is None:
            reward.expires_at = at + timedelta(days=target.expires_days)


def move(parts, leg, *, at):
    """Move ``[(reward, amount, reference)]`` by this leg, each reward once, as redemptions and payouts ask.

    What a correction had waived because it was spent or paid is taken back as far as that is undone. Needs the
    subjects locked, in the caller's transaction.
    """
    postings, taken_back = [], []
    for reward, amount, reference in parts:
        again = waived_no_more(reward, leg, amount)
        ledger.move(reward, [(leg, amount), (Leg.TAKE_AVAILABLE, again)])
        reward.waived_minor -= again
        postings.append(ledger.Posting(reward, leg, amount, reference))
        if again:
            postings.append(ledger.Posting(reward, Leg.TAKE_AVAILABLE, again))
            taken_back.append(reward)
    save([reward for reward, _amount, _reference in parts])
    ledger.post(postings, at=at)
    record([draft(reward, catalogue.REWARD_REVERSED, at) for reward in taken_back], at=at)


def waived_no_more(reward, leg, amount):
    """Of what was waived, how much is owed back once this much less is spent or paid."""
    if leg not in (Leg.UNSPEND, Leg.UNPAY):
        return 0
    still_gone = reward.spent_minor + reward.paid_minor - amount
    return max(reward.waived_minor - max(still_gone - held(reward), 0), 0)


_COLUMNS = (
    *("granted_minor", *ledger.COLUMNS.values(), "waived_minor", "rule_version_id", "status", "reviewed"),
    *("waits_for_code", "due_at", "credited_at", "expires_at", "version"),
)


def save(rewards):
    """Write changed rewards."""
    bulk.update(rewards, _COLUMNS)


def _draft(target, change, at):
    return draft(target.reward, _event_type(change), at, cause=target.event)


def draft(reward, type, at, *, cause=None):
    """An event of a reward at its version, to be recorded. Reads ``rule`` and ``subject``."""
    return Draft(
        type=type,
        subject=reward,
        storefront=reward.storefront_id,
        customer=reward.recipient_id,
        program=reward.program_id,
        advocate=reward.advocate_id,
        cause=cause,
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
        "side": str(reward.side),
        "rule": str(reward.rule.public_id) if reward.rule_id else None,
        "subject_kind": reward.subject.kind,
        "subject": str(reward.subject.public_id),
        "form": str(reward.form),
        "unit": reward.unit,
        "granted_minor": reward.granted_minor,
        "pending_minor": reward.pending_minor,
        "available_minor": reward.available_minor,
        "due_at": reward.due_at.isoformat(),
        "expires_at": reward.expires_at and reward.expires_at.isoformat(),
    }
