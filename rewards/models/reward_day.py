"""What rewards come to day by day: kept by the database itself, at the cost of what changed."""

import pgtrigger
from django.db import models

from advocacy.models import Program, Side
from advocacy.models.columns import UnitField, one_of


class DayOf(models.TextChoices):
    OCCURRED = "occurred", "What earned it"
    DUE = "due", "The end of its hold"


class RewardDay(models.Model):
    """Rows of one key add up; each statement that changes rewards adds what it changed, a task folds them together.

    Days are of the storefront's time zone. By the day on which what earned them ``occurred``: credited, pending and
    owed. By the day on which their hold is over (``due``), of those of which nothing is pending: granted, credited and
    expired.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    of = models.CharField(max_length=10, choices=DayOf)
    day = models.DateField()
    side = models.CharField(max_length=10, choices=Side)
    unit = UnitField()
    granted_minor = models.BigIntegerField(default=0)
    credited_minor = models.BigIntegerField(default=0)  # neither taken back nor expired, spent or not
    expired_minor = models.BigIntegerField(default=0)
    pending_minor = models.BigIntegerField(default=0)
    owed_minor = models.BigIntegerField(default=0)  # available, or reserved

    class Meta:
        constraints = [one_of("of", DayOf, name="a_day_of_rewards_is_of_something_known")]
        # Used by: what a program costs and owes.
        indexes = [models.Index(fields=["program", "of", "day"], name="days_of_rewards")]

    def __str__(self):
        return f"{self.program}, {self.day}"


# Of ``changed``, rewards with a ``sign``: those that are there now, and less those that were.
COUNTED = """
    SELECT changed.program_id, 'occurred' AS of,
        (subject.occurred_at AT TIME ZONE storefront.time_zone)::date AS day, changed.side, changed.unit,
        0 AS granted_minor, sum(sign * (available_minor + reserved_minor + spent_minor + paid_minor + waived_minor))
            AS credited_minor, 0 AS expired_minor,
        sum(sign * pending_minor) AS pending_minor, sum(sign * (available_minor + reserved_minor)) AS owed_minor
    FROM changed JOIN rewards_subject subject ON subject.id = changed.subject_id
    JOIN advocacy_storefront storefront ON storefront.id = changed.storefront_id
    GROUP BY 1, 3, 4, 5
    UNION ALL
    SELECT changed.program_id, 'due', (changed.due_at AT TIME ZONE storefront.time_zone)::date, changed.side,
        changed.unit, sum(sign * granted_minor),
        sum(sign * (available_minor + reserved_minor + spent_minor + paid_minor + waived_minor)),
        sum(sign * expired_minor), 0, 0
    FROM changed JOIN advocacy_storefront storefront ON storefront.id = changed.storefront_id
    WHERE pending_minor = 0
    GROUP BY 1, 3, 4, 5
"""
KEY = "program_id, of, day, side, unit"
AMOUNTS = ("granted_minor", "credited_minor", "expired_minor", "pending_minor", "owed_minor")


def kept_by_day():
    """Triggers of rewards: whatever changes them adds what that changes of their days."""
    return [
        _adding("rewards_come_into_days", pgtrigger.Insert, new=1),
        _adding("rewards_change_their_days", pgtrigger.Update, new=1, old=-1),
        _adding("rewards_leave_their_days", pgtrigger.Delete, old=-1),
    ]


def _adding(name, operation, **signs):
    changed = " UNION ALL ".join(f"SELECT {sign} AS sign, * FROM {rows}_rows" for rows, sign in signs.items())  # noqa: S608
    something = " OR ".join(f"{amount} <> 0" for amount in AMOUNTS)
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**{rows: f"{rows}_rows" for rows in signs}),
        func=f"""
            WITH changed AS ({changed}), counted AS ({COUNTED})
            INSERT INTO rewards_rewardday ({KEY}, {", ".join(AMOUNTS)})
            SELECT {KEY}, {", ".join(AMOUNTS)} FROM counted WHERE {something};
            RETURN NULL;
        """,  # noqa: S608 - our own names
    )
