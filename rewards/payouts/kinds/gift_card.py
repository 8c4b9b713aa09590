"""A gift card of the policy's pool instead of money."""

from advocacy.refusals import Refused

# function(pool, payout, key, at) → the code's reference; gives the same one again for the same key. None: no pools yet.
TAKE = None


def give(payout, key, at):
    """The reference of the card that this payout got. Raises ``Refused`` where none is left."""
    if TAKE is None:
        raise Refused("no_gift_cards", "There are no pools of gift cards here; choose another kind in the policy.")
    return TAKE(payout.batch.policy.pool, payout, key, at)
