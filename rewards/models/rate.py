import pgtrigger
from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import PublicIdField, UnitField, unchanging


class Rate(models.Model):
    """What one unit of ``currency`` was worth in ``target`` on a day. A conversion keeps the rate, day and source."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="rates", db_index=False)
    day = models.DateField()
    currency = UnitField(help_text="ISO 4217, such as USD: what an order was paid in.")
    target = UnitField(help_text="ISO 4217, such as EUR: what the program pays in.")
    rate = models.DecimalField(
        max_digits=20, decimal_places=10, help_text="How much of the target one unit of the currency buys."
    )
    source = models.CharField(max_length=40, help_text="Where it is from, such as ecb.")
    recorded_at = models.DateTimeField()
    # Something was decided by it: it is not corrected any more.
    used = models.BooleanField(default=False, editable=False)
    # Since when nothing waited for it any more; served once that was so at a second look.
    quiet_since = models.DateTimeField(null=True, editable=False)
    served = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-day", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "currency", "target", "day"],
                name="a_day_has_one_rate",
                violation_error_message="There is a rate for that day already.",
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0), name="a_rate_is_above_0", violation_error_message="A rate is above 0."
            ),
            models.CheckConstraint(
                condition=~models.Q(currency=models.F("target")), name="a_rate_is_between_two_currencies"
            ),
        ]
        indexes = [
            # Used by: deciding what waited for a rate.
            models.Index(fields=["storefront"], condition=models.Q(served=False), name="rates_that_came"),
        ]
        triggers = [
            unchanging("a_rate_stays_where_it_was_entered", "public_id", "storefront", "day", "currency", "target"),
            unchanging("a_rate_that_was_used_stays", "rate", "used", while_="OLD.used"),
            pgtrigger.Protect(
                name="a_rate_that_was_used_is_not_deleted",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__used=True),
            ),
        ]

    def __str__(self):
        return f"1 {self.currency} = {self.rate.normalize():f} {self.target} on {self.day}"
