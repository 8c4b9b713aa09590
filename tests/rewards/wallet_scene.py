"""A wallet's stage: acme's program, alice, and lots given by hand."""

from datetime import timedelta

from rewards import adjustments
from rewards.models import Account
from tests.rewards.scene import NOW

DAY = timedelta(days=1)


def lot(program, customer, amount, *, form="credit", expires_in=None, at=NOW):
    """A credited lot that expires in so many days; the Reward."""
    made = adjustments.give(
        program=program,
        customer=customer,
        form=form,
        amount_minor=amount,
        reason="For the test",
        expires_at=expires_in and at + expires_in * DAY,
        at=at,
    )
    return made.reward


def balance(customer, form="credit", kind="available"):
    return sum(Account.objects.filter(customer=customer, form=form, kind=kind).values_list("balance_minor", flat=True))


def parts(rewards, column="available_minor"):
    """What each of these holds now."""
    for reward in rewards:
        reward.refresh_from_db()
    return [getattr(reward, column) for reward in rewards]
