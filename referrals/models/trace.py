from django.db import models

from advocacy.models import Customer, Storefront


class Pepper(models.Model):
    """The secret of 30 days that makes traces comparable; deleted 30 days after them, and with it any comparison."""

    period = models.PositiveIntegerField(primary_key=True, help_text="Of 30 days, counted from 1970.")
    secret = models.BinaryField(max_length=32)

    def __str__(self):
        return str(self.period)


class Trace(models.Model):
    """From where somebody signed up, as digests under the peppers of then and of the 30 days before.

    Two traces of one network (or one network and browser) share a digest where their periods are the same or next to
    each other. Nothing leads back to an address.
    """

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    network = models.BinaryField(max_length=16)
    network_before = models.BinaryField(max_length=16)
    device = models.BinaryField(max_length=16)
    device_before = models.BinaryField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "device"], name="a_trace_is_kept_once"),
        ]
        indexes = [
            # Used by: who else signed up from there, in this period and the one before.
            models.Index(fields=["storefront", "network"], name="traces_by_network"),
            models.Index(fields=["storefront", "network_before"], name="traces_by_network_before"),
            # Used by: forgetting what is too old to be compared.
            models.Index(fields=["at"], name="traces_by_age"),
        ]

    def __str__(self):
        return f"Of {self.at:%Y-%m-%d}"
