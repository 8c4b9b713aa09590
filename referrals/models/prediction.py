"""What a storefront's customers are expected to do: the models of how often and how much, night by night."""

from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import MinorField


class Fit(models.Model):
    """The models of one night: how often customers buy (BG/NBD, times in days), how much they spend (Gamma-Gamma).

    ``reason`` says why there is no model of how often; nothing is expected of anybody then, and what an earlier night
    expected stays. ``spend_reason`` says the same of how much: orders are expected then, and no value.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="fits")
    day = models.DateField()  # of the storefront's time zone: until it customers are as old as they are
    fitted_at = models.DateTimeField()
    customers = models.IntegerField()
    r = models.FloatField(null=True)
    alpha = models.FloatField(null=True)  # days
    a = models.FloatField(null=True)
    b = models.FloatField(null=True)
    log_likelihood = models.FloatField(null=True)
    steps = models.IntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    repeat_customers = models.IntegerField(default=0)
    p = models.FloatField(null=True)
    q = models.FloatField(null=True)
    v = models.FloatField(null=True)  # minor units
    together = models.FloatField(null=True)  # correlation of how often and how much
    warning = models.CharField(max_length=300, blank=True)
    spend_reason = models.CharField(max_length=300, blank=True)
    # What was expected of whom that night; empty until all of it is written to their standings.
    written_at = models.DateTimeField(null=True)
    expected_of = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    at_risk = models.IntegerField(default=0)
    told = models.IntegerField(default=0)
    orders_e2 = models.BigIntegerField(default=0)
    value_minor = MinorField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storefront", "day"], name="a_storefront_is_fitted_once_a_day")]

    def __str__(self):
        return f"{self.storefront_id} {self.day}"
