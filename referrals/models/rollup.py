from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import MinorField, UnitField


class Mark(models.Model):
    """A day of a program that changed and must be recounted.

    A plain insert without a unique key: the worker locks the cell, deletes its marks, then recounts. A unique
    mark would lose the change of a writer whose insert met the mark that is being worked on.
    """

    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()

    class Meta:
        # Used by: the recount, cell by cell.
        indexes = [models.Index(fields=["program", "day"], name="marks_of_a_cell")]

    def __str__(self):
        return f"{self.program_id} {self.day}"


class Day(models.Model):
    """One day of a program in its storefront's time zone: what happened on that day (the calendar view)."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="days")
    day = models.DateField()
    clicks = models.IntegerField(default=0)  # one per link, visitor and hour of UTC, on the day of the first
    visitors = models.IntegerField(default=0)  # distinct within one day of UTC, on the day of their first click
    advocates_enrolled = models.IntegerField(default=0)
    referrals = models.IntegerField(default=0)  # bound on this day
    converted_referrals = models.IntegerField(default=0)  # first standing conversion on this day
    conversions = models.IntegerField(default=0)  # standing, converted on this day
    orders = models.IntegerField(default=0)  # all orders of the storefront, paid, not cancelled
    referred_orders = models.IntegerField(default=0)
    refunded_conversions = models.IntegerField(default=0)  # left out of conversions: wholly refunded
    rejected_conversions = models.IntegerField(default=0)  # left out of conversions: rejected
    revenue_minor = MinorField(default=0)  # of its conversions, after refunds, in the program's currency
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "day"], name="a_program_has_each_day_once")]

    def __str__(self):
        return f"{self.program_id} {self.day}"


class LifetimeValue(models.Model):
    """Historical value of a storefront's customers over the first ``horizon_days`` after their first order.

    Sums and sums of squares are enough for the mean and its interval.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="lifetime_values")
    currency = UnitField()
    horizon_days = models.PositiveSmallIntegerField()
    referred = models.BooleanField()
    customers = models.IntegerField()  # old enough for the horizon
    too_young = models.IntegerField()  # left out: their horizon is still open
    sum_minor = models.DecimalField(max_digits=30, decimal_places=0)
    sum_of_squares = models.DecimalField(max_digits=40, decimal_places=0)
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "currency", "horizon_days", "referred"],
                name="a_lifetime_value_is_counted_once",
            )
        ]

    def __str__(self):
        return f"{self.horizon_days} days"
