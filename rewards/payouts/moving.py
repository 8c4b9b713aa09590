"""Move the lots of many payouts at once: a few statements however many they are (``rewards.lots`` moves one's)."""

from collections import defaultdict

from rewards import crediting, locks, lots
from rewards.models import ROUTES, Leg, Reward, Transfer


def reserve(parts, *, at):
    """Freeze ``[(reward, amount, reference)]``: lots that are locked, each once."""
    crediting.move(parts, Leg.RESERVE, at=at)


def carry(references, leg, *, at):
    """Move on by this leg all that the references hold. In the caller's transaction, with their rows locked."""
    if not references:
        return
    kind = ROUTES[leg][0]
    left = held(references, kind)
    rewards = {row.pk: row for row in locks.lots(rewards=Reward.objects.filter(pk__in={reward for reward, _ in left}))}
    # Two payouts may share a lot; it moves at a version of its own for each.
    while left:
        once = {reward: (reference, amount) for (reward, reference), amount in left.items()}
        parts = [(rewards[reward], amount, reference) for reward, (reference, amount) in sorted(once.items())]
        crediting.move(parts, leg, at=at)
        for reward, (reference, _amount) in once.items():
            del left[reward, reference]
    if leg in (Leg.GIVE_BACK, Leg.UNPAY):
        lots.keep_alive(rewards.values(), at=at)


def lock(references):
    """Lock the lots that these payouts hold, before the codes that are given for them."""
    theirs = Transfer.objects.filter(reference__in=references).values("reward")
    locks.lots(rewards=Reward.objects.filter(pk__in=theirs))


def held(references, kind):
    """``{(reward id, reference): amount}`` that they have in their customers' or the house's accounts of a kind."""
    moved = Transfer.objects.filter(reference__in=references).values_list(
        "reward", "reference", "amount_minor", "source__kind", "target__kind"
    )
    found = defaultdict(int)
    for reward, reference, amount, source, target in moved:
        found[reward, reference] += amount * ((target == kind) - (source == kind))
    return {key: amount for key, amount in found.items() if amount}
