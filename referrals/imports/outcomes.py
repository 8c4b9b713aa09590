"""What became of the rows of a file, and why one was refused, in a sentence."""

from dataclasses import dataclass, field

from celery.exceptions import SoftTimeLimitExceeded

from advocacy import failures
from advocacy.outbox.interruptions import Interrupted, pass_on
from advocacy.refusals import Refused

NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
_LONGEST_SENTENCE = 300


@dataclass
class Outcome:
    """``counts``: how many were new, changed, same, refused; ``refused``: ``[(line, why)]``."""

    counts: dict = field(default_factory=lambda: dict.fromkeys((NEW, CHANGED, SAME, REFUSED), 0))
    refused: list = field(default_factory=list)

    def add(self, line, what, why=""):
        self.counts[what] += 1
        if what == REFUSED:
            self.refused.append((line, why[:_LONGEST_SENTENCE]))


def changed_if(changed):
    return CHANGED if changed else SAME


def sentence(error):
    """Why a row was refused; what is no fault of the row is raised."""
    pass_on(error)
    if isinstance(error, SoftTimeLimitExceeded):
        # It is no fault of the row at which the worker's time was over: the part is taken again.
        raise Interrupted from error
    return failures.told(error, "It") if not isinstance(error, Refused) else error.message
