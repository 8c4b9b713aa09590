"""Which of many alike a quick run tries, by a printed seed that ``DRAW_SEED`` repeats; ``bin/test --full`` tries all.

For families whose members are made by one piece of code (operations of the API, lists of the admin), each of which is
costly to try: what is wrong with one is seldom wrong with it alone, and every run draws others.
"""

import math
import os
import random

_QUICK = "QUICK_RUN"


def begin(config):
    """In the process that starts the others, which inherit what is drawn by."""
    if config.option.markexpr == "not full" and "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[_QUICK] = "yes"
        os.environ.setdefault("DRAW_SEED", str(random.randrange(10**6)))


def header():
    return f"DRAW_SEED={os.environ['DRAW_SEED']}" if _quick() else None


def some(things, share, *, of=""):
    """``share`` of the things in a quick run, at least one, in their order; all of them otherwise."""
    things = list(things)
    if not _quick():
        return things
    chance = random.Random(f"{os.environ['DRAW_SEED']} {of}")
    taken = set(chance.sample(range(len(things)), math.ceil(share * len(things))))
    return [thing for place, thing in enumerate(things) if place in taken]


def leave_out(config, items):
    """Of a test marked ``drawn(share)``, so many of its parameters are run."""
    families = {}
    for item in items:
        if item.get_closest_marker("drawn"):
            families.setdefault(item.nodeid.partition("[")[0], []).append(item)
    out = set()
    for name, members in families.items():
        out |= set(members) - set(some(members, members[0].get_closest_marker("drawn").args[0], of=name))
    if out:
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=list(out))


def _quick():
    return _QUICK in os.environ
