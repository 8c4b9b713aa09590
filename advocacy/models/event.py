from django.db import models

from advocacy.models.advocate import Advocate
from advocacy.models.columns import PublicIdField, append_only, one_of
from advocacy.models.customer import Customer
from advocacy.models.program import Program
from advocacy.models.storefront import Storefront


class Lane(models.TextChoices):
    MONEY = "money", "Money"  # settlement
    PEOPLE = "people", "People"  # standing, metrics, follow-ups
    OUT = "out", "Out"  # what is to be told to the world


class Event(models.Model):
    """A fact a person would tell, insert-only. Its facts are ids, numbers and enumerations: nothing personal.

    It carries the whole state of its subject at ``version``, so whoever reads it needs no other row.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    type = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    version = models.PositiveIntegerField()
    # People and program are copies from the fact's own row, which the database checks; the log does not check again.
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    program = models.ForeignKey(
        Program, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    advocate = models.ForeignKey(
        Advocate, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    friend = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    cause = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="effects", db_index=False, db_constraint=False
    )
    depth = models.PositiveSmallIntegerField(default=0)
    facts = models.JSONField()
    occurred_at = models.DateTimeField(help_text="When it happened, as its reporter says.")
    recorded_at = models.DateTimeField(help_text="When it was written down here.")

    class Meta:
        constraints = [
            # Whoever records an event holds the subject's row; two writers of one version cannot both be right.
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "version"], name="a_subject_has_each_version_once"
            ),
            models.CheckConstraint(condition=models.Q(depth__lte=5), name="a_chain_of_causes_ends"),
            models.CheckConstraint(
                condition=models.Q(occurred_at__lte=models.F("recorded_at")), name="an_event_is_not_from_the_future"
            ),
        ]
        indexes = [
            # Used by: lists of the API and the admin, newest first.
            models.Index(fields=["storefront", "-id"], name="events_newest_first"),
            models.Index(fields=["storefront", "type", "-id"], name="events_by_type"),
            # Used by: a customer's timeline.
            models.Index(fields=["customer", "-id"], name="events_of_a_customer"),
        ]
        triggers = append_only("events")

    def __str__(self):
        return f"{self.type} {self.version}"


class Pending(models.Model):
    """An event that a lane still has to work on; the queue. Deleted in the transaction of the effect."""

    # Made with its event, which nothing deletes: a check of each row at its commit would find nothing.
    event = models.ForeignKey(Event, models.PROTECT, related_name="pending", db_index=False, db_constraint=False)
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    lane = models.CharField(max_length=10, choices=Lane)
    alone = models.BooleanField(default=False, help_text="A batch with it failed: it is worked on by itself.")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    stuck_at = models.DateTimeField(null=True, blank=True, help_text="Since when it waits for somebody to look at it.")

    class Meta:
        verbose_name = "pending event"
        constraints = [
            models.UniqueConstraint(fields=["event", "lane"], name="an_event_waits_once_in_a_lane"),
            one_of("lane", Lane, name="a_lane_is_known"),
        ]
        indexes = [
            # Used by: drain, which takes a lane's rows in event order and passes over the stuck ones.
            models.Index(
                fields=["lane", "event"], condition=models.Q(stuck_at__isnull=True), name="pending_work_of_a_lane"
            ),
            # Used by: drain, which asks at each batch for what must be taken alone; mostly there is nothing.
            models.Index(fields=["lane", "event"], condition=models.Q(alone=True), name="pending_work_taken_alone"),
            # Used by: alerts, the dashboard, /healthz.
            models.Index(
                fields=["storefront"], condition=models.Q(stuck_at__isnull=False), name="pending_work_that_is_stuck"
            ),
        ]

    def __str__(self):
        return f"{self.event} in lane {self.lane}"
