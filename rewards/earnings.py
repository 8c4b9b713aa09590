"""What became of an advocate's conversions, as the advocate may know it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from advocacy.models import Side
from rewards import crediting, verdicts
from rewards.models import CONVERSION_TRIGGER, Decision, Reward, RewardStatus


@dataclass(frozen=True)
class Earning:
    """One conversion's worth to its advocate.

    ``status``: pending, available, reversed, none (decided: nothing) or undecided. ``reasons`` are keys of
    ``advocacy.reasons`` for the advocate's text, with the rule's own numbers beside them in ``thresholds``.
    """

    status: str
    unit: str = ""
    amount_minor: int = 0
    due_at: datetime | None = None
    credited_at: datetime | None = None
    reasons: tuple = ()
    thresholds: dict | None = None


UNDECIDED, NONE = "undecided", "none"


def by_conversion(*, advocate, conversions):
    """``{public id: Earning}`` for these conversions' public ids; two queries however many there are."""
    rewards = defaultdict(list)
    mine = Reward.objects.filter(
        advocate=advocate, side=Side.ADVOCATE, subject__trigger=CONVERSION_TRIGGER, subject__public_id__in=conversions
    ).select_related("subject", "advocate")
    for reward in mine:
        rewards[reward.subject.public_id].append(reward)
    decisions = _last_decisions(advocate, conversions)
    return {each: _earning(rewards.get(each, []), decisions.get(each)) for each in conversions}


def _last_decisions(advocate, conversions):
    rows = (
        Decision.objects.filter(
            subject__storefront=advocate.storefront_id,
            subject__trigger=CONVERSION_TRIGGER,
            subject__public_id__in=conversions,
        )
        .order_by("subject_id", "-number")
        .distinct("subject_id")
        .select_related("subject")
    )
    return {row.subject.public_id: row for row in rows}


def _earning(rewards, decision):
    if decision is None:
        return Earning(UNDECIDED)
    kept = [reward for reward in rewards if reward.status != RewardStatus.REVERSED]
    if not kept:
        status = RewardStatus.REVERSED.value if rewards else NONE
        return Earning(status, reasons=_reasons(decision), thresholds=_thresholds(decision))
    waiting = [reward for reward in kept if reward.status == RewardStatus.PENDING]
    held = tuple(dict.fromkeys(reward.held_by for reward in waiting if reward.held_by))
    return Earning(
        status=(RewardStatus.PENDING if waiting else RewardStatus.AVAILABLE).value,
        unit=kept[0].unit,
        amount_minor=sum(crediting.held(reward) for reward in kept),
        due_at=None if held or not waiting else max(reward.due_at for reward in waiting),
        credited_at=max((reward.credited_at for reward in kept if reward.credited_at), default=None),
        reasons=tuple(dict.fromkeys(held + _reasons(decision))),
        thresholds=_thresholds(decision),
    )


def _reasons(decision):
    """Each key once, in the order of the rules."""
    keys = (
        key for verdict in verdicts.read(decision.verdicts) for key in verdict["reasons"].get(Side.ADVOCATE.value, ())
    )
    return tuple(dict.fromkeys(keys))


def _thresholds(decision):
    """``{reason key: (threshold, unit)}`` of the checks that failed: the program's numbers, none of the friend's."""
    return {
        check["reason"]: (check["threshold"], verdict["unit"])
        for verdict in verdicts.read(decision.verdicts)
        for check in verdict["checks"]
        if not check["passed"]
    }
