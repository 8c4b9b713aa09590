from django.db import models

from advocacy.models import Connection
from advocacy.models.columns import PublicIdField, SealedField, one_of


class InboundState(models.TextChoices):
    RECEIVED = "received", "Received"  # waits for a worker, or for another try
    DONE = "done", "Done"
    IGNORED = "ignored", "Ignored"  # nothing in it is ours; ``note`` says why
    FAILED = "failed", "Failed"  # cannot be taken; somebody must look and may replay it


class InboundMessage(models.Model):
    """What a platform sent, as it came, checked and then worked on."""

    public_id = PublicIdField()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="messages")
    # The platform's own id of the message, or a digest where it has none that is its own.
    message_id = models.CharField(max_length=200)
    topic = models.CharField(max_length=100)
    raw = SealedField(editable=False)
    state = models.CharField(max_length=10, choices=InboundState, default=InboundState.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "message_id"], name="a_message_is_received_once"),
            one_of("state", InboundState, name="a_message_has_a_known_state"),
        ]
        indexes = [
            # Used by: the worker, which looks for what waits.
            models.Index(fields=["id"], condition=models.Q(state="received"), name="inbound_that_waits"),
            # Used by: the connections page, for the last message of each topic.
            models.Index(fields=["connection", "topic", "-id"], name="inbound_by_topic"),
            models.Index(fields=["connection", "-id"], condition=models.Q(state="failed"), name="inbound_that_failed"),
            # Used by: alerts, which ask how often a connection usually sends.
            models.Index(fields=["connection", "-id"], name="inbound_newest_first"),
            # Used by: the sweep that forgets what was worked on long ago.
            models.Index(
                fields=["received_at"], condition=models.Q(state__in=["done", "ignored"]), name="inbound_to_forget"
            ),
        ]

    def __str__(self):
        return f"{self.topic} {self.message_id}"


class InboundRefusal(models.Model):
    """How many messages were refused at the door on a day (UTC), and why: forged, too old, unreadable."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="refusals")
    day = models.DateField()
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day", "reason"], name="a_days_refusals_are_counted_together")
        ]

    def __str__(self):
        return f"{self.count} × {self.reason}"
