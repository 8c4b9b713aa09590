from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import PublicIdField, one_of
from referrals.models.order import Source


class WaitingKind(models.TextChoices):
    REFUND = "refund", "Refund"
    UNDONE_REFUND = "undone_refund", "Undone refund"
    FULFILMENT = "fulfilment", "Fulfilment"


class WaitingState(models.TextChoices):
    WAITING = "waiting", "Waiting"  # its order may still arrive
    TAKEN = "taken", "Taken"  # its order arrived
    REFUSED = "refused", "Refused"  # its order arrived and contradicts it; ``problem`` says how
    EXPIRED = "expired", "Expired"  # no order of that name came in time


class WaitingFact(models.Model):
    """What was said of an order that is not here yet."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="waiting_facts")
    kind = models.CharField(max_length=14, choices=WaitingKind)
    # How the order was named: ["external_id:1001", "charge:ch_1"]; any of them will do.
    names = ArrayField(models.CharField(max_length=230))
    # The source's own id of the refund or fulfilment.
    fact_id = models.CharField(max_length=200)
    fields = models.JSONField()
    source = models.CharField(max_length=12, choices=Source)
    state = models.CharField(max_length=10, choices=WaitingState, default=WaitingState.WAITING)
    problem = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            one_of("kind", WaitingKind, name="a_waiting_fact_has_a_known_kind"),
            one_of("state", WaitingState, name="a_waiting_fact_has_a_known_state"),
            one_of("source", Source, name="a_waiting_fact_has_a_known_source"),
        ]
        indexes = [
            # Used by: each new order, which asks what waited for it.
            GinIndex(fields=["names"], condition=models.Q(state="waiting"), name="waiting_for_an_order"),
            # Used by: the sweep that ends the wait.
            models.Index(fields=["expires_at"], condition=models.Q(state="waiting"), name="waiting_by_expiry"),
            models.Index(fields=["storefront", "-id"], name="waiting_facts_newest_first"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.fact_id}"
