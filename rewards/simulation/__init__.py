"""What would this rule have cost? Today's rules and the same with a draft, asked of what happened in some past days.

    job = simulation.start(program=friends, name="Give 20", terms=terms, rule=give_10, start=…, until=…, at=now)

Both sets count as if they had been in force all the time, in order of time, with caps; counters begin with what each
set would have used before. Each subject is decided once: its first facts grant, its newest say what is owed now.
"""

from rewards.simulation.starting import KIND, last_days, last_month, start
from rewards.simulation.working import step

__all__ = ["KIND", "last_days", "last_month", "start", "step"]
