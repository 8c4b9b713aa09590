"""From verdicts to rewards: a row for what was granted, and what each owes now."""

from collections import Counter as Sum

from advocacy.models import Side, bulk
from rewards import crediting, rules
from rewards.models import Reward, RewardStatus


def targets(found, rule_book, at):
    """A Target for every reward that these cases granted, now or earlier."""
    made = []
    for case in found:
        raised = raised_by(case)
        for verdict in case.verdicts:
            if verdict.no and case.question.before is None:
                continue
            for side, granted in verdict.granted.items():
                reward = case.rewards.get((verdict.terms.rule, side))
                if reward is None and not granted:
                    continue
                due_at, _ = rules.due_at(facts=case.facts, terms=verdict.terms, moment=case.subject.occurred_at)
                if reward is None:
                    reward = _reward(case, verdict, side, rule_book)
                    reward.due_at, reward.created_at = due_at, at
                else:
                    # A correction decides by another, and so may what is derived.
                    reward.rule_version = rule_book.by_version[verdict.terms.version]
                if case.waives and (case.instead is None or verdict.terms.rule in case.anew):
                    reward.waived_minor = sum(waived(case, verdict, reward, raised))
                made.append(_target(case, verdict, side, reward, due_at))
    return made


def _target(case, verdict, side, reward, due_at):
    reward.reviewed = case.facts.get(f"{side}_review") == "held"
    # A grant is fixed but for what is decided again.
    reward.granted_minor = max(verdict.granted[side], 0)
    if reward.pending_minor or reward.pk is None or reward.credited_at is None:
        reward.due_at = due_at
    return crediting.Target(reward, verdict.owed[side], case.event, verdict.terms.expires_days)


def raised_by(case):
    """``{(recipient, unit): minor}``: what a correction that waives gives more, where another rule loses to it."""
    raised = Sum()
    for verdict in case.verdicts if case.waives else ():
        for side, now in verdict.owed.items():
            raised[recipient(case, side), verdict.units[side]] += max(now - _owed_before(case, verdict, side), 0)
    return raised


def waived(case, verdict, reward, raised):
    """``(already, now)``: of what has left, what this correction made owed no more is not asked back.

    What was refunded before is. What it gives the same customer instead pays for that first, and is used up by it.
    """
    before, now = _owed_before(case, verdict, reward.side), verdict.owed[reward.side]
    gone = max(reward.spent_minor + reward.paid_minor - now, 0)
    already = min(gone, reward.waived_minor)
    more = min(gone - already, max(before - now, 0))
    instead = min(more, raised[reward.recipient_id, reward.unit])
    raised[reward.recipient_id, reward.unit] -= instead
    return already, more - instead


def _owed_before(case, verdict, side):
    return case.earlier.get(verdict.terms.rule, {}).get("owed", {}).get(side, 0)


def _reward(case, verdict, side, rule_book):
    subject, rule_version = case.subject, rule_book.by_version[verdict.terms.version]
    return bulk.made(
        Reward,
        storefront_id=subject.storefront_id,
        program_id=subject.program_id,
        rule=rule_version.rule,
        rule_version=rule_version,
        subject=subject,
        side=side,
        recipient_id=recipient(case, side),
        advocate=subject.advocate,
        form=verdict.benefits[side].form,
        unit=verdict.units[side],
        granted_minor=verdict.granted[side],
        status=RewardStatus.REVERSED,
    )


def recipient(case, side):
    """The customer's id."""
    if side == Side.FRIEND:
        return case.subject.friend_id
    if side == Side.CUSTOMER:
        return case.subject.customer_id
    return case.subject.advocate.customer_id
