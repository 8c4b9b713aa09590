"""Rewards that no rule decides: given by hand, or for points."""

from advocacy.models import Side
from rewards import crediting, locks
from rewards.models import Reward, RewardStatus, Subject


def grant(*, of, trigger, customer, program, form, unit, amount_minor, due_at, at, expires_at=None):
    """A reward for what a row says (``of``: an adjustment or an exchange), credited at once where it is due.

    With an amount of 0 it is a lot of nothing, to be used beyond it.
    """
    subject = Subject(
        storefront_id=program.storefront_id,
        program=program,
        trigger=trigger,
        kind=trigger,
        public_id=of.public_id,
        customer=customer,
        occurred_at=at,
    )
    (subject,) = locks.subjects(rows=[subject]).values()
    reward = Reward(
        storefront_id=program.storefront_id,
        program=program,
        subject=subject,
        side=Side.CUSTOMER,
        recipient=customer,
        form=form,
        unit=unit,
        granted_minor=amount_minor,
        status=RewardStatus.REVERSED,
        due_at=due_at,
        created_at=at,
        expires_at=expires_at,
    )
    crediting.bring([crediting.Target(reward, amount_minor)], at=at)
    return reward
