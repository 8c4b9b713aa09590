import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from advocacy.models import Program
from advocacy.models.columns import MinorField, PublicIdField, at_least, never_emptied, one_of

CONVERSION_TRIGGER = "conversion.recorded"


class RuleStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # its version in force decides
    ARCHIVED = "archived", "Archived"  # decides nothing any more; what it granted stays


class Frequency(models.TextChoices):
    FIRST_ORDER = "first_order", "The friend's first order that qualifies"
    EVERY_ORDER = "every_order", "Every order of the friend"


class HoldFrom(models.TextChoices):
    """The moment that the days of the hold are counted from."""

    ORDER = "order", "the order"
    PAYMENT = "payment", "the payment"
    SHIPPING = "shipping", "the shipping"
    DELIVERY = "delivery", "the delivery"


class MonthsFrom(models.TextChoices):
    """The moment that the months are counted from in which a friend's orders are rewarded."""

    BINDING = "binding", "the friend joined"
    FIRST_ORDER = "first_order", "the friend's first order"


class Rule(models.Model):
    """What an admin promises; each edit is a new RuleVersion."""

    public_id = PublicIdField()
    program = models.ForeignKey(Program, models.PROTECT, related_name="rules")
    name = models.CharField(max_length=120, help_text="For you and for explanations, such as “Give 10, get 10”.")
    status = models.CharField(max_length=10, choices=RuleStatus, default=RuleStatus.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Of its events; see outbox.record.
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [one_of("status", RuleStatus, name="a_rule_has_a_known_status")]

    def __str__(self):
        return self.name


class _Promised(models.Manager):
    """Not those that correct another: they were never in force."""

    def get_queryset(self):
        return super().get_queryset().filter(corrects__isnull=True)


class RuleVersion(models.Model):
    """Event type + conditions on facts → benefits. Immutable from the moment it is saved, but for an end to come.

    In force from ``starts_at`` until ``ends_at``, the end excluded; cancelled before it began, both are the same. The
    shapes of ``conditions`` are those of ``advocacy.conditions``; of ``benefits``, ``caps`` and ``per_currency`` those
    of ``rewards.rules.terms``.
    """

    public_id = PublicIdField()
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # The event type that a subject begins with.
    trigger = models.CharField(max_length=60, default=CONVERSION_TRIGGER)
    frequency = models.CharField(max_length=20, choices=Frequency, default=Frequency.FIRST_ORDER)
    order_limit = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="At most so many orders of a friend."
    )
    months_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="Only a friend's orders within so many months.",
    )
    months_from = models.CharField(max_length=12, choices=MonthsFrom, default=MonthsFrom.FIRST_ORDER)
    milestone_every = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Paid for so many converted friends."
    )
    milestone_repeats = models.BooleanField(default=True, help_text="Again for every further so many.")
    minimum_order_minor = MinorField(default=0)
    conditions = models.JSONField(default=list, blank=True)
    benefits = models.JSONField(default=dict)
    caps = models.JSONField(default=list, blank=True)
    per_currency = models.JSONField(default=dict, blank=True)
    hold_days = models.PositiveIntegerField(default=14, validators=[MinValueValidator(0), MaxValueValidator(365)])
    hold_from = models.CharField(max_length=10, choices=HoldFrom, default=HoldFrom.DELIVERY)
    delivery_allowance_days = models.PositiveIntegerField(
        default=7,
        validators=[MaxValueValidator(90)],
        help_text="Days from the payment to the delivery, where no delivery is told.",
    )
    digital_at_once = models.BooleanField(
        default=True, help_text="An order of which nothing is to be sent does not wait for the hold."
    )
    expires_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="What is not spent so many days after it was credited expires.",
    )
    priority = models.IntegerField(
        default=0, validators=[MinValueValidator(-1000), MaxValueValidator(1000)], help_text="Higher goes first."
    )
    exclusive_group = models.SlugField(
        max_length=40, blank=True, help_text="Of the rules in one group only one pays a recipient. Empty: it stacks."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    # The end that it was saved with: ``ends_at`` is earlier where another version took over or its rule was archived.
    own_ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set where this version corrects the decisions of another: it decides those, and what is told of its period only
    # later; it has the other’s number.
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")

    everything = models.Manager()
    objects = _Promised()

    class Meta:
        default_manager_name = "objects"
        ordering = ["rule", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "number"],
                condition=models.Q(corrects__isnull=True),
                name="a_rule_numbers_its_versions_once",
            ),
            one_of("frequency", Frequency, name="a_rule_version_has_a_known_frequency"),
            one_of("hold_from", HoldFrom, name="a_rule_version_counts_its_hold_from_something_known"),
            one_of("months_from", MonthsFrom, name="a_rule_version_counts_its_months_from_something_known"),
            at_least("minimum_order_minor", 0, name="a_minimum_is_not_negative", message="A minimum is 0 or more."),
            models.CheckConstraint(
                condition=~models.Q(benefits={}),
                name="a_rule_version_gives_somebody_something",
                violation_error_message="Choose what the advocate or the friend gets.",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gte=models.F("starts_at")),
                name="a_rule_version_does_not_end_before_it_starts",
                violation_error_message="A rule must end after it starts.",
            ),
        ]
        triggers = [
            # A promise that has been applied is history. An end that is still to come may be moved, but never over a
            # moment at which something happened. Nothing does in the future: an edit in time reads no subject.
            pgtrigger.Trigger(
                name="a_rule_version_is_immutable",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                declare=[("earliest", "timestamptz"), ("latest", "timestamptz")],
                func="""
                    IF TG_OP = 'DELETE' THEN
                        RAISE EXCEPTION 'A rule version is not deleted; archive its rule.';
                    END IF;
                    IF (to_jsonb(NEW) - 'ends_at') IS DISTINCT FROM (to_jsonb(OLD) - 'ends_at') THEN
                        RAISE EXCEPTION 'A rule version is not changed; save the rule to make a new version.';
                    END IF;
                    IF NEW.ends_at IS NOT DISTINCT FROM OLD.ends_at THEN
                        RETURN NEW;
                    END IF;
                    IF NEW.corrects_id IS NOT NULL OR OLD.ends_at <= clock_timestamp() THEN
                        RAISE EXCEPTION 'The end of a rule version that is over stays.';
                    END IF;
                    earliest := least(coalesce(OLD.ends_at, 'infinity'), coalesce(NEW.ends_at, 'infinity'));
                    latest := greatest(coalesce(OLD.ends_at, 'infinity'), coalesce(NEW.ends_at, 'infinity'));
                    IF earliest <= clock_timestamp() AND EXISTS (
                        SELECT FROM rewards_subject subject
                        JOIN rewards_rule rule ON rule.program_id = subject.program_id
                        WHERE rule.id = NEW.rule_id AND subject.trigger = NEW.trigger
                            AND subject.occurred_at >= earliest AND subject.occurred_at < latest
                    ) THEN
                        RAISE EXCEPTION 'Something has happened that this end would give another rule version.';
                    END IF;
                    RETURN NEW;
                """,
            ),
            never_emptied("rule_versions"),
        ]

    def __str__(self):
        return f"{self.rule.name}, version {self.number}{', corrected' if self.corrects_id else ''}"

    @property
    def cancelled(self):
        """Whether it was taken back before it began."""
        return self.ends_at == self.starts_at
