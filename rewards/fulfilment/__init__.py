"""How a reward of each form is handed over when it is credited, and taken back when it is reversed.

A form that needs something to hand over has a file here and a line in these two dictionaries; credit, points, cash and
custom rewards need nothing but their transfer.
"""

# form → function(rewards, at) that makes them ready and answers those that cannot be credited yet.
READY = {}
# form → function(rewards, at) called when all of a reward that was credited has been taken back.
TAKEN_BACK = {}


def not_ready(rewards, *, at):
    """Those of the rewards that cannot be credited now, as a set of their public ids; marks why on them."""
    by_form, waiting = {}, set()
    for reward in rewards:
        if reward.form in READY:
            by_form.setdefault(reward.form, []).append(reward)
    for form, each in by_form.items():
        waiting |= {reward.public_id for reward in READY[form](each, at)}
    return waiting


def take_back(rewards, *, at):
    by_form = {}
    for reward in rewards:
        if reward.form in TAKEN_BACK:
            by_form.setdefault(reward.form, []).append(reward)
    for form, each in by_form.items():
        TAKEN_BACK[form](each, at)
