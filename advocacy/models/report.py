from django.db import models

from advocacy.models.columns import PublicIdField
from advocacy.models.customer import Customer
from advocacy.models.storefront import Storefront


class Report(models.Model):
    """An event of the storefront's own about a customer, in its own words: a visit to a touchpoint, a support contact.

    The event log tells it without its words; an erasure empties ``facts``.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="reports")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="reports")
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=60)
    touchpoint = models.CharField(max_length=100, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    # Of the storefront's own fields as they were sent: tells the same event from another one of that id.
    digest = models.BinaryField(max_length=32, editable=False)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storefront", "event_id"], name="a_report_is_recorded_once")]
        indexes = [
            # Used by: lists of the API by the storefront's own type.
            models.Index(fields=["storefront", "type", "-id"], name="reports_by_type"),
            # Used by: how many customers touchpoints met.
            models.Index(
                fields=["storefront", "occurred_at"],
                condition=~models.Q(touchpoint=""),
                name="reports_of_touchpoints",
            ),
        ]

    def __str__(self):
        return self.type
