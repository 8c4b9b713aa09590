"""What each person bought since their first order, and the sums over them that lifetime values are read from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from advocacy.models import Advocate, Customer, Program, Storefront
from advocacy.models.columns import MinorField

# Value is counted over so many days from a customer's first order.
HORIZONS = (30, 90, 180, 365, 730)


class Buyer(models.Model):
    """A person who bought: one row for all of their records, kept by the survivor's. Counted from orders alone.

    Only orders count that are paid, not cancelled and in the storefront's own currency; amounts are what was kept of
    their revenue after refunds, in minor units of it. Days and months are the storefront's.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="buyer")
    # Copies of what the customer's own rows say, which the database checks there; a million checks take a minute.
    storefront = models.ForeignKey(
        Storefront, models.CASCADE, related_name="buyers", db_index=False, db_constraint=False
    )
    first_at = models.DateTimeField()
    first_day = models.DateField()
    last_at = models.DateTimeField()
    last_day = models.DateField()
    orders = models.IntegerField()
    # Days with an order after the first such day, and what was kept on them: how often and for how much they came back.
    repeat_days = models.IntegerField()
    repeat_minor = MinorField()
    kept_minor = MinorField()
    # Kept of orders up to so many days after the first one, at the same time of the day.
    value_30 = MinorField()
    value_90 = MinorField()
    value_180 = MinorField()
    value_365 = MinorField()
    value_730 = MinorField()
    # How many orders were placed in the same spans, the first one with them.
    orders_30 = models.IntegerField()
    orders_90 = models.IntegerField()
    orders_180 = models.IntegerField()
    orders_365 = models.IntegerField()
    orders_730 = models.IntegerField()
    # The months in which they bought, as months since the first order's, ascending; and what was kept in each.
    months = ArrayField(models.SmallIntegerField())
    months_minor = ArrayField(MinorField())
    first_minor = MinorField()  # the first order's revenue before any refund
    # A friend brought them, by their first order at the latest. Where a review rejected all that they bought as friends
    # they count for neither side.
    referred = models.BooleanField()
    rejected = models.BooleanField()
    # They had ordered before anything was known here, so that nobody knows when they began: they count for no side.
    began_before = models.BooleanField(default=False)
    # Of the bond that counts: the first one that stands.
    program = models.ForeignKey(
        Program, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    advocate = models.ForeignKey(
        Advocate, models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    channel = models.CharField(max_length=20)  # how they were acquired
    segment = models.CharField(max_length=100, blank=True)  # as it was at the first order
    band = models.SmallIntegerField()  # first_minor is at least 4 to the power of this, below the next power
    left_out = models.IntegerField()  # their orders in other currencies

    class Meta:
        indexes = [
            # Used by: the list behind a number, and the models of how often customers come back.
            models.Index(fields=["storefront", "first_day"], name="buyers_by_first_day"),
            # Used by: what one advocate's friends are worth.
            models.Index(fields=["advocate"], condition=models.Q(advocate__isnull=False), name="buyers_of_an_advocate"),
            # Used by: the repeat rate, which leaves them out.
            models.Index(fields=["storefront"], condition=models.Q(rejected=True), name="rejected_buyers"),
        ]

    def __str__(self):
        return f"{self.customer_id}: {self.orders} order{'s'[: self.orders != 1]}"


class BuyerMark(models.Model):
    """A customer whose orders, bond or person changed: their Buyer must be counted anew.

    A plain insert without a unique key, deleted by the worker before it counts, so none is lost.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    marked_at = models.DateTimeField()

    class Meta:
        # Used by: the recount, which takes a storefront's oldest first.
        indexes = [models.Index(fields=["storefront", "id"], name="buyer_marks_of_a_storefront")]

    def __str__(self):
        return str(self.customer_id)


class WorthDay(models.Model):
    """Sums over the buyers of one cut whose first order was on one day: enough for means and their intervals.

    Each is kept by adding what changed of a Buyer, in the transaction that changes it.
    """

    class Cut(models.TextChoices):
        ALL = "all", "All"  # key: referred, other or rejected
        PROGRAM = "program", "Program"  # key: the program's pk; only who was brought to it
        CHANNEL = "channel", "Channel"  # key: the acquisition channel
        STRATUM = "stratum", "Alike"  # key: band/program's pk or 0/segment: what matching compares

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    cut = models.CharField(max_length=10, choices=Cut)
    key = models.CharField(max_length=140, blank=True)
    day = models.DateField()
    customers = models.IntegerField(default=0)
    value_30 = MinorField(default=0)
    value_90 = MinorField(default=0)
    value_180 = MinorField(default=0)
    value_365 = MinorField(default=0)
    value_730 = MinorField(default=0)
    squares_30 = models.DecimalField(max_digits=40, decimal_places=0, default=0)
    squares_90 = models.DecimalField(max_digits=40, decimal_places=0, default=0)
    squares_180 = models.DecimalField(max_digits=40, decimal_places=0, default=0)
    squares_365 = models.DecimalField(max_digits=40, decimal_places=0, default=0)
    squares_730 = models.DecimalField(max_digits=40, decimal_places=0, default=0)
    # How many of them ordered again within so many days.
    again_30 = models.IntegerField(default=0)
    again_90 = models.IntegerField(default=0)
    again_180 = models.IntegerField(default=0)
    again_365 = models.IntegerField(default=0)
    again_730 = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "cut", "day", "key"], name="a_cut_has_each_first_day_once")
        ]

    def __str__(self):
        return f"{self.cut} {self.key}, {self.day}"


class CohortMonth(models.Model):
    """What the buyers of one cut whose first order was in ``month`` did ``age`` months later.

    At age 0 all of them are active, so that is the cohort's size. Kept like WorthDay.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    cut = models.CharField(max_length=10, choices=WorthDay.Cut)  # all, program or channel
    key = models.CharField(max_length=140, blank=True)
    month = models.DateField()  # its first day
    age = models.SmallIntegerField()
    active = models.IntegerField(default=0)
    kept_minor = MinorField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "cut", "key", "month", "age"], name="a_cohort_has_each_month_once"
            )
        ]

    def __str__(self):
        return f"{self.cut} {self.key}, {self.month} + {self.age}"
