from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from advocacy.models import Program
from advocacy.models.columns import PublicIdField

MOST_A_DAY = 100_000


class PastBuyers(models.Model):
    """So many a day of those who bought before become advocates of a program, until all are."""

    public_id = PublicIdField()
    program = models.OneToOneField(Program, models.PROTECT, related_name="+")
    per_day = models.PositiveIntegerField(
        "so many a day",
        default=500,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_A_DAY)],
        help_text="Portions keep a mail to each of them from looking like spam, and let you stop early.",
    )
    least_orders = models.PositiveIntegerField(
        "with at least so many orders",
        default=1,
        validators=[MinValueValidator(1)],
        help_text="Orders that are here and paid, and those that customers are said to have made before.",
    )
    active = models.BooleanField(default=True, help_text="Without it nobody more is enrolled; who is, stays so.")
    # Of its storefront's day `day`, and in all.
    day = models.DateField(null=True, editable=False)
    enrolled_today = models.PositiveIntegerField(default=0, editable=False)
    enrolled = models.PositiveIntegerField(default=0, editable=False)
    # Since when nobody was left to enrol; whoever buys later is enrolled the day after.
    all_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "enrolment of past buyers"
        verbose_name_plural = "enrolment of past buyers"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(per_day__gte=1, per_day__lte=MOST_A_DAY), name="past_buyers_come_in_portions"
            )
        ]

    def __str__(self):
        return f"Past buyers of {self.program}"
