from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from advocacy import ids
from advocacy.models.columns import PublicIdField, one_of
from advocacy.models.storefront import Storefront


class Alert(models.Model):
    """That something needs somebody, from when it was first seen until it is over; later it is another alert.

    ``facts`` hold numbers, ids and names that the shop gave its own things: nothing of a person.
    """

    public_id = PublicIdField()
    # None: of the whole server, where there are several storefronts.
    storefront = models.ForeignKey(Storefront, models.CASCADE, null=True, related_name="alerts", db_index=False)
    kind = models.CharField(max_length=40, help_text="See config/alert_checks.py.")
    # What it is about, such as lnk_…: there is one open alert of a kind about a thing.
    subject = models.CharField(max_length=100)
    text = models.CharField(max_length=300, help_text="What is the matter, with the numbers of when it was last seen.")
    place = models.CharField(max_length=200, help_text="The page of the admin where something can be done.")
    facts = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1, help_text="How many things are meant.")
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Whoever wanted it at once was told; what comes again soon waits for the daily mail.
    told_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)
    muted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    mute_reason = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = [models.F("closed_at").desc(nulls_first=True), "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(closed_at__isnull=True),
                name="a_thing_has_one_open_alert_of_a_kind",
            )
        ]
        indexes = [
            # Used by: lists of the API.
            models.Index(fields=["storefront", "-id"], name="alerts_newest_first"),
            # Used by: the watch, which asks what it told of the same thing before.
            models.Index(fields=["kind", "subject", "-id"], name="alerts_of_a_thing"),
            # Used by: the daily mail, and forgetting.
            models.Index(fields=["closed_at"], name="alerts_by_their_end"),
        ]

    def __str__(self):
        return self.text

    @property
    def name(self):
        return ids.encode(ids.PREFIXES["alert"], self.public_id)


class AlertTiming(models.TextChoices):
    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"
    OFF = "off", "Not at all"


class AlertChoice(models.Model):
    """When a person, or whoever is in a group, is mailed about a kind. Without one the kind's own timing counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="alert_choices")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="alert_choices")
    kind = models.CharField(max_length=40)
    timing = models.CharField(max_length=10, choices=AlertTiming)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="a_person_chooses_once_for_a_kind_of_alert"),
            models.UniqueConstraint(fields=["group", "kind"], name="a_group_chooses_once_for_a_kind_of_alert"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(group__isnull=True),
                name="an_alert_choice_is_of_a_person_or_a_group",
            ),
            one_of("timing", AlertTiming, name="an_alert_choice_has_a_known_timing"),
        ]

    def __str__(self):
        return f"{self.kind}: {self.timing}"


class AlertDay(models.Model):
    """The day of a storefront, in its time zone, whose mail about open alerts was made last."""

    storefront = models.OneToOneField(Storefront, models.CASCADE, primary_key=True, related_name="+")
    day = models.DateField()
    made_at = models.DateTimeField()

    def __str__(self):
        return f"{self.day}"
