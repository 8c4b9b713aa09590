from django.conf import settings
from django.db import models

from advocacy.models.columns import PublicIdField, one_of
from advocacy.models.storefront import Storefront


class JobState(models.TextChoices):
    WAITING = "waiting", "Waiting"  # no worker has done a step yet, or somebody said "try again"
    RUNNING = "running", "Running"  # some steps are done
    DONE = "done", "Done"  # its result is here
    FAILED = "failed", "Failed"  # a step failed; what the earlier ones did is kept
    CANCELLED = "cancelled", "Cancelled"  # somebody stopped it; what it did is kept


ACTIVE = (JobState.WAITING, JobState.RUNNING)
AGAIN = (JobState.FAILED, JobState.CANCELLED)


class Job(models.Model):
    """Long work as a row: steps commit their effect together with ``cursor``, so a killed worker loses nothing."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, help_text="What is done; see config/job_kinds.py.")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    # Where the next step goes on; only the kind's step function understands it.
    cursor = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, help_text="Not known before the first step, or not at all.")
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, help_text="Why it failed, in a sentence.")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # The run that did the last step; a newer one takes over, and the older one then stops.
    worker = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Runs that began since a step was last finished.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(help_text="When it was last worked on or handed to a worker.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("state", JobState, name="a_job_has_a_known_state"),
            models.CheckConstraint(
                condition=models.Q(state__in=ACTIVE, ended_at=None)
                | (~models.Q(state__in=ACTIVE) & models.Q(ended_at__isnull=False)),
                name="a_job_has_ended_or_goes_on",
            ),
        ]
        indexes = [
            # Used by: the sweep that finds jobs whose message was lost.
            models.Index(fields=["moved_at"], condition=models.Q(state__in=ACTIVE), name="jobs_that_go_on"),
        ]

    def __str__(self):
        return self.title

    @property
    def title(self):
        """``test_data_import`` as "Test data import"."""
        return self.kind.replace("_", " ").capitalize()

    @property
    def active(self):
        return self.state in ACTIVE
