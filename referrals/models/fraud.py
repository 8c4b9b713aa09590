from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import one_of, unchanging
from referrals.models.conversion import Conversion, Review


class AfterDeadline(models.TextChoices):
    WAIT = "wait", "Goes on waiting for somebody"  # nothing is decided by itself
    RELEASE = "release", "Is approved"  # who is in doubt is paid
    REJECT = "reject", "Is rejected"  # who is in doubt is not


class FraudPolicy(models.Model):
    """What a program checks and holds; a program without one has the defaults, so that every new program is checked.
    Checks are named as in their list.
    """

    program = models.OneToOneField(Program, models.CASCADE, primary_key=True, related_name="fraud_policy")
    active = models.BooleanField(
        "Checks orders",
        default=True,
        help_text="Off: nothing is held by itself, and cheats are paid. Where your advocates bring many friends in one "
        "evening, raise the limits below instead.",
    )
    hold_at = models.PositiveIntegerField(
        "Hold from (points)",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="The points of all checks that found something are added, for each side by itself. From so many on "
        "the side’s reward waits for a review.",
    )
    review_days = models.PositiveIntegerField(
        "Decide within (days)",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="So long somebody may decide. What then happens is said below.",
    )
    after_deadline = models.CharField(
        "What nobody decided",
        max_length=10,
        choices=AfterDeadline,
        default=AfterDeadline.WAIT,
        help_text="After those days. Only what checks held, not what somebody held by hand.",
    )
    banned_sites = models.TextField(
        "Unwanted sites",
        blank=True,
        max_length=5000,
        help_text="Hosts, one a line, such as coupons.example; pages and hosts below them are meant too.",
    )
    # {check: points}, where they are not the check's own; 0 switches it off.
    points = models.JSONField(default=dict, blank=True)
    # {check: {limit: number}}, likewise.
    limits = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "fraud policies"
        constraints = [
            one_of("after_deadline", AfterDeadline, name="a_fraud_policy_has_a_known_end"),
            # A deadline that no calendar has would stop the deciding of all.
            models.CheckConstraint(
                condition=models.Q(review_days__range=(1, 365), hold_at__range=(1, 1000)),
                name="a_fraud_policy_is_within_its_limits",
                violation_error_message="Hold from 1 to 1000 points, and decide within 1 to 365 days.",
            ),
        ]

    def __str__(self):
        return str(self.program)


class FraudProgram(Program):
    """A program, as the page of its fraud checks shows it."""

    class Meta:
        proxy = True
        verbose_name = "fraud checks"
        verbose_name_plural = "fraud checks"


class ReviewCase(models.Model):
    """A conversion that checks found something about, or that somebody held: what the review queue is made of."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    conversion = models.OneToOneField(Conversion, models.PROTECT, related_name="review_case")
    advocate_points = models.PositiveIntegerField(default=0)
    friend_points = models.PositiveIntegerField(default=0)
    # The higher of both.
    points = models.PositiveIntegerField(default=0)
    hold_at = models.PositiveIntegerField(default=0, help_text="The program's threshold then.")
    # [{"check": key, "points": 50, "sides": [...], "evidence": {...}}]: numbers and ids, nothing of a person.
    findings = models.JSONField(default=list)
    # Whether checks held it; kept, however it was decided.
    held = models.BooleanField(default=False)
    # Whether a side is held now.
    waiting = models.BooleanField(default=False)
    opened_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["storefront", "-id"], name="review_cases_newest_first"),
            # Used by: the queue, its count, and what is decided by itself.
            models.Index(fields=["opened_at"], condition=models.Q(waiting=True), name="review_cases_that_wait"),
            # Used by: the effect of a program's checks.
            models.Index(fields=["program", "opened_at"], condition=models.Q(held=True), name="review_cases_held"),
        ]

    def __str__(self):
        return f"Order {self.conversion.order}"


class RulingBy(models.TextChoices):
    CHECKS = "checks", "The checks"  # found too much
    PERSON = "person", "Somebody"  # in the admin
    SERVER = "server", "A server"  # by the API
    UNDO = "undo", "Somebody, undoing"  # took back what was said before
    DEADLINE = "deadline", "The deadline"  # nobody had decided
    OTHER = "other", "The program"  # a merge, a bond that ended


class Ruling(models.Model):
    """Who said what of one side of a conversion, when and why. Its event has the conversion's ``version``."""

    conversion = models.ForeignKey(Conversion, models.PROTECT, related_name="rulings")
    version = models.PositiveIntegerField()
    side = models.CharField(max_length=10, choices=[("advocate", "Advocate"), ("friend", "Friend")])
    was = models.CharField(max_length=10, choices=Review)
    review = models.CharField(max_length=10, choices=Review)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=10, choices=RulingBy)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversion", "version", "side"], name="a_side_is_ruled_once_a_version"),
            one_of("by", RulingBy, name="a_ruling_is_by_somebody_known"),
            one_of("review", Review, name="a_ruling_has_a_known_review"),
        ]
        # An erasure may empty what somebody wrote as their reason.
        triggers = [
            unchanging("rulings_stay_as_said", "conversion", "version", "side", "was", "review", "by", "person", "at")
        ]

    def __str__(self):
        return f"{self.get_side_display()}: {self.get_review_display()}"
