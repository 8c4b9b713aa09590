"""Which subjects of a period were decided, page by page, in the order of their first decisions.

Decisions are numbered in the order in which they are made, so a page is a stretch of their numbers: whatever the period
holds, each decision of that stretch is looked at once.
"""

from django.db.models import Max, Min

from rewards.models import Decision, Subject
from rewards.settlement import milestones

PAGE = 200
# Of decisions, whoever's they are: a page of a small shop among large ones stays short.
STRETCH = 20_000
# No more of them are walked through while somebody waits for the answer.
WIDE = 10 * STRETCH


def count(correction):
    """How many subjects of the period there are, at most those that its version decided."""
    return Subject.objects.filter(**_period(correction)).count()


def more_than(correction, most):
    """Whether these are more subjects, or were decided over a longer time, than is worked out within a call."""
    if Subject.objects.filter(**_period(correction))[most : most + 1].exists():
        return True
    first, last = _span(correction, 0)
    return first is not None and last - first > WIDE


def page(correction, cursor):
    """``(where to go on, [subject ids])``; begins with ``{}``. Where to go on is None when there are no more.

    A stretch that holds none is followed by the next that holds any, however far away.
    """
    after, until = cursor.get("after", 0), cursor.get("until", 0)
    if after >= until:
        first, until = _span(correction, after)
        if first is None:
            return None, []
        after = first - 1
    end = min(after + STRETCH, until)
    found = _first_decisions(correction).filter(pk__gt=after, pk__lte=end).order_by("pk")
    rows = list(found.values_list("pk", "subject_id")[:PAGE])
    reached = rows[-1][0] if len(rows) == PAGE else end
    until = until if rows else end
    return {"after": reached, "until": until}, [subject for _, subject in rows]


def _span(correction, after):
    """The first and the last of the first decisions after this one; None, None where there is none."""
    found = _first_decisions(correction).filter(pk__gt=after).aggregate(first=Min("pk"), last=Max("pk"))
    return found["first"], found["last"]


def _first_decisions(correction):
    of_subject = {f"subject__{name}": value for name, value in _period(correction).items()}
    return Decision.objects.filter(number=1, **of_subject)


def _period(correction):
    version = correction.rule_version
    return {
        "program": version.rule.program_id,
        "trigger": milestones.STEP if version.milestone_every else version.trigger,
        "occurred_at__gte": correction.starts_at,
        "occurred_at__lt": correction.ends_at,
    }
