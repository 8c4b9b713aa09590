"""How often Python looks for garbage in cycles, in a process that serves.

Most of what a batch or a request makes is in no cycle, but the collector walks through all of it every 700 objects:
with 20 rules that took as long as deciding.
"""

import gc

_NEW_OBJECTS = 50_000


def rarely():
    """Call when everything is imported, which is then never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
