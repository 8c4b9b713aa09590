"""How a reward of each form is handed over when it is credited, and taken back when it is reversed.

A form that needs something to hand over has a file here and a line in these dictionaries; credit, points, cash and
custom rewards need nothing but their transfer.
"""

from rewards.fulfilment import coupon

# form → function(rewards, at) that makes them ready and answers those that cannot be credited yet.
READY = {"coupon": coupon.ready, "gift_card": coupon.ready}
# form → function(rewards, at) that hands over what was made ready; called when the rewards are written.
HANDED_OVER = {"coupon": coupon.give, "gift_card": coupon.give}
# form → function(rewards, at) called when all of a reward that was credited has been taken back.
TAKEN_BACK = {"coupon": coupon.taken_back, "gift_card": coupon.taken_back}


def not_ready(rewards, *, at):
    """Those of the rewards that cannot be credited now, as a set of their public ids; marks why on them."""
    return {reward.public_id for form, each in _by_form(rewards, READY) for reward in READY[form](each, at)}


def hand_over(rewards, *, at):
    for form, each in _by_form(rewards, HANDED_OVER):
        HANDED_OVER[form](each, at)


def take_back(rewards, *, at):
    for form, each in _by_form(rewards, TAKEN_BACK):
        TAKEN_BACK[form](each, at)


def _by_form(rewards, registered):
    found = {}
    for reward in rewards:
        if reward.form in registered:
            found.setdefault(reward.form, []).append(reward)
    return found.items()
