import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from advocacy.models import BenefitKind, Program
from advocacy.models.columns import MinorField, PublicIdField, at_least, one_of


class RuleStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # its version in force decides
    ARCHIVED = "archived", "Archived"  # decides nothing any more; what it granted stays


class Frequency(models.TextChoices):
    FIRST_ORDER = "first_order", "The friend's first order that qualifies"
    EVERY_ORDER = "every_order", "Every order of the friend"


class Rule(models.Model):
    """What an admin promises; each edit is a new RuleVersion."""

    public_id = PublicIdField()
    program = models.ForeignKey(Program, models.PROTECT, related_name="rules")
    name = models.CharField(max_length=120, help_text="For you and for explanations, such as “Give 10, get 10”.")
    status = models.CharField(max_length=10, choices=RuleStatus, default=RuleStatus.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [one_of("status", RuleStatus, name="a_rule_has_a_known_status")]

    def __str__(self):
        return self.name


class RuleVersion(models.Model):
    """Conditions on facts → a benefit for each side. Immutable from the moment it is saved, but for its end.

    In force from ``starts_at`` until ``ends_at`` or the next version's start, the end excluded.
    """

    public_id = PublicIdField()
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=40, default="conversion")
    frequency = models.CharField(max_length=20, choices=Frequency, default=Frequency.FIRST_ORDER)
    minimum_order_minor = MinorField(default=0)
    # Further conditions in the base's condition language (advocacy.conditions).
    conditions = models.JSONField(default=list, blank=True)
    advocate_kind = models.CharField(max_length=10, choices=BenefitKind, blank=True)
    advocate_amount_minor = MinorField(default=0)
    advocate_percent_bp = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(10_000)])
    advocate_maximum_minor = MinorField(null=True, blank=True)
    friend_kind = models.CharField(max_length=10, choices=BenefitKind, blank=True)
    friend_amount_minor = MinorField(default=0)
    friend_percent_bp = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(10_000)])
    friend_maximum_minor = MinorField(null=True, blank=True)
    hold_days = models.PositiveIntegerField(default=14, validators=[MinValueValidator(0), MaxValueValidator(365)])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["rule", "number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="a_rule_numbers_its_versions_once"),
            one_of("frequency", Frequency, name="a_rule_version_has_a_known_frequency"),
            at_least("minimum_order_minor", 0, name="a_minimum_is_not_negative", message="A minimum is 0 or more."),
            models.CheckConstraint(
                condition=models.Q(advocate_percent_bp__lte=10_000, friend_percent_bp__lte=10_000),
                name="a_percentage_is_at_most_100",
                violation_error_message="A percentage is at most 100.",
            ),
            models.CheckConstraint(
                condition=models.Q(advocate_amount_minor__gte=0, friend_amount_minor__gte=0),
                name="a_benefit_is_not_negative",
                violation_error_message="A benefit is 0 or more.",
            ),
            models.CheckConstraint(
                condition=~models.Q(advocate_kind="", friend_kind=""),
                name="a_rule_version_gives_somebody_something",
                violation_error_message="Choose what the advocate or the friend gets.",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="a_rule_version_ends_after_it_starts",
                violation_error_message="A rule must end after it starts.",
            ),
        ]
        triggers = [
            # A promise that has been applied is history; only its end may still be set.
            pgtrigger.Trigger(
                name="a_rule_version_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'A rule version is not deleted; archive its rule.';
                    END IF;
                    IF (to_jsonb(NEW) - 'ends_at') IS DISTINCT FROM (to_jsonb(OLD) - 'ends_at') THEN
                        RAISE EXCEPTION 'A rule version is not changed; save the rule to make a new version.';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self):
        return f"{self.rule.name}, version {self.number}"
