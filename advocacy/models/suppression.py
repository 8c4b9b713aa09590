from django.db import models

from advocacy.models.storefront import Storefront


class Suppression(models.Model):
    """An address whose person was erased, as a digest: all that is known of it is that nothing may be sent there."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storefront", "digest"], name="an_address_is_suppressed_once")]

    def __str__(self):
        return f"Since {self.since:%Y-%m-%d}"
