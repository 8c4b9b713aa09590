"""What the last ``manage.py audit`` found; it says so itself."""

from advocacy import alerts
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming

DIFFERENCE = Kind(
    name="audit_difference",
    label="The audit found a difference",
    todo="What is stored is not what was written down. Run manage.py audit, which names each row, and report it: each "
    "is a bug. It closes with the next audit that finds none.",
    sees="rewards.view_transfer",
    minds="rewards.view_transfer",
    timing=AlertTiming.AT_ONCE,
)
CHECK = Check(name="audit", kinds=(DIFFERENCE,))


def say(*, differences, at):
    """``{part: how many}`` of a whole audit; parts without any are over."""
    found = [
        Found(
            kind=DIFFERENCE.name,
            subject=part,
            text=f"The audit of {part} found {count} {'difference' if count == 1 else 'differences'}.",
            place="/admin/rewards/transfer/",
            count=count,
            facts={"differences": count},
        )
        for part, count in differences.items()
        if count
    ]
    return alerts.say(kinds=[DIFFERENCE.name], found=found, at=at)
