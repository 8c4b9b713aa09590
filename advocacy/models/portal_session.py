from django.db import models

from advocacy.models.columns import PublicIdField
from advocacy.models.customer import Customer
from advocacy.models.storefront import Storefront


class PortalSession(models.Model):
    """A way into the portal that a storefront asked for, for one of its customers; it opens once."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"Portal of {self.customer}"
