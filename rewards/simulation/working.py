"""Do a simulation step by step: a slice of days at a time, what is counted so far kept in between."""

import base64
import zlib

import orjson

from advocacy.jobs import Progress
from rewards.simulation import plan as plans
from rewards.simulation import results
from rewards.simulation.reading import Reader, Slice
from rewards.simulation.tally import Tally


class Run:
    """A simulation under way: of the ``slices`` the first ``done`` are counted."""

    def __init__(self, plan):
        self.plan, self.sets, self.tally, self.done = plan, plan.sets(), Tally(), 0
        self._readers = {
            trigger: Reader(program=plan.program, trigger=trigger, terms=sets.terms, start=plan.start, until=plan.until)
            for trigger, sets in self.sets.items()
        }
        self.slices = None

    def look(self):
        """Find what there is to read; how many subjects."""
        self.slices = [piece for reader in self._readers.values() for piece in reader.slices()]
        return self.total

    @property
    def total(self):
        return sum(piece.count for piece in self.slices)

    @property
    def read(self):
        return sum(piece.count for piece in self.slices[: self.done])

    @property
    def over(self):
        return self.done == len(self.slices)

    def step(self):
        """Count the next slice."""
        piece = self.slices[self.done]
        ask, add = self.sets[piece.trigger].ask, self.tally.add
        for row in self._readers[piece.trigger].rows(piece):
            # Of what came before only the counters matter.
            answers = ask(row, day=row.day if row.in_time else "")
            if row.in_time:
                add(row, *answers)
        self.done += 1

    def result(self):
        return results.of(self)

    def state(self):
        """What the next step goes on from, as JSON."""
        kept = [self.tally.state(), {trigger: sets.state() for trigger, sets in self.sets.items()}]
        packed = base64.b64encode(zlib.compress(orjson.dumps(kept), 1)).decode()
        return {"slices": [piece.as_dict() for piece in self.slices], "done": self.done, "state": packed}

    def go_on(self, cursor):
        self.slices, self.done = [Slice(**piece) for piece in cursor["slices"]], cursor["done"]
        tally, states = orjson.loads(zlib.decompress(base64.b64decode(cursor["state"])))
        self.tally = Tally.of(tally)
        for trigger, state in states.items():
            self.sets[trigger].go_on(state)


def step(*, job, at):
    """A step of a job of the kind ``simulation``."""
    run = Run(plans.read(job.parameters))
    if not job.cursor:
        run.look()
    else:
        run.go_on(job.cursor)
        run.step()
    if run.over:
        return Progress({}, run.total, run.total, run.result())
    return Progress(run.state(), run.read, run.total)
