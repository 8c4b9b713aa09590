from django.db import models

from advocacy.models.columns import PublicIdField, one_of
from advocacy.models.customer import Customer
from advocacy.models.program import Program
from advocacy.models.storefront import Storefront


class AdvocateStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # brings friends and is paid
    PAUSED = "paused", "Paused"  # links work; nothing new is paid until active again
    BANNED = "banned", "Banned"  # links lead nowhere; nothing new is paid


class Advocate(models.Model):
    """A customer enrolled in a program to bring others."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="advocates")
    program = models.ForeignKey(Program, models.PROTECT, related_name="advocates")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="advocacies")
    # The first link's code, so that the base can show the share address.
    code = models.CharField(max_length=40, blank=True)
    display_name = models.CharField(max_length=80, blank=True, help_text="The first name that friends may read.")
    shows_name = models.BooleanField(default=False, help_text="Agreed that friends may read the display name.")
    status = models.CharField(max_length=10, choices=AdvocateStatus, default=AdvocateStatus.ACTIVE)
    terms_version = models.PositiveIntegerField(null=True, blank=True)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    # The version that was current when they joined: without it, or a later one, nothing is paid out to them.
    terms_floor = models.PositiveIntegerField(default=0, editable=False)
    enrolled_at = models.DateTimeField()
    # The same person advocates here by another record: that one counts for both, and has the links of both.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, to_field="public_id", null=True, blank=True, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "customer"], name="a_customer_enrols_once_in_a_program"),
            one_of("status", AdvocateStatus, name="an_advocate_has_a_known_status"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="advocates_newest_first"),
            models.Index(fields=["storefront", "code"], name="advocate_by_code"),
            # Used by: the recount of a program's day.
            models.Index(fields=["program", "enrolled_at"], name="advocates_by_day"),
        ]

    def __str__(self):
        return self.display_name or str(self.customer)

    @property
    def person_id(self):
        """The public id of the advocate who counts for this one."""
        return self.merged_into_id or self.public_id
