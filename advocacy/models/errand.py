from django.db import models

from advocacy.models.columns import PublicIdField, SealedField, one_of
from advocacy.models.connection import Connection
from advocacy.models.storefront import Storefront


class ErrandKind(models.TextChoices):
    COUPON = "coupon", "A code of a pool"  # of a coupon: there and good as long as the coupon is
    CREDIT = "credit", "A customer’s store credit"  # the shop's balance as far as it came from here
    LINK_CODE = "link_code", "A link’s code as a coupon"  # there as long as its link leads somewhere


class ErrandState(models.TextChoices):
    WAITING = "waiting", "To be done"  # also while it is being done
    DONE = "done", "Done"  # the shop has what it is to have
    SKIPPED = "skipped", "Test mode: no shop is called"
    FAILED = "failed", "Given up"  # tried for days; an admin may have it tried again


class Errand(models.Model):
    """Something that a shop is to have as we have it, until its platform said so; asked for again when that changes."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="errands", db_index=False)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="errands", db_index=False)
    kind = models.CharField(max_length=10, choices=ErrandKind)
    # The public id of what it is about: a coupon, a customer, a link.
    subject = models.UUIDField()
    state = models.CharField(max_length=10, choices=ErrandState, default=ErrandState.WAITING)
    # How often it was asked for: what was asked while it was being done is done once more.
    round = models.PositiveIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    # Until then a worker has it in its hands.
    claimed_until = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)
    failure = models.CharField("last failure", max_length=500, blank=True)
    failed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    # What the shop may still have it by, where an erasure took a name away: until that is ended there, or given up.
    former = SealedField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "subject"], name="a_shop_is_told_of_a_thing_once"),
            one_of("kind", ErrandKind, name="an_errand_has_a_known_kind"),
            one_of("state", ErrandState, name="an_errand_has_a_known_state"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", next_try_at__isnull=False)
                | ~models.Q(state="waiting") & models.Q(next_try_at=None),
                name="an_errand_that_waits_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="errands_newest_first"),
            # Used by: workers, and the count of those in somebody's hands.
            models.Index(fields=["next_try_at"], condition=models.Q(state="waiting"), name="errands_to_be_done"),
            # Used by: alerts.
            models.Index(fields=["storefront"], condition=models.Q(state="failed"), name="errands_given_up"),
            # Used by: the page of what an errand is about.
            models.Index(fields=["subject"], name="errands_about_something"),
        ]

    def __str__(self):
        return self.get_kind_display()
