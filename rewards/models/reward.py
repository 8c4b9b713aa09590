from django.db import models

from advocacy.models import Advocate, AdvocateStatus, Customer, Program, Side, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, at_least, one_of
from rewards.models.rule import Rule, RuleVersion
from rewards.models.subject import Subject


class RewardStatus(models.TextChoices):
    PENDING = "pending", "Pending"  # granted, waiting for its hold or a review
    AVAILABLE = "available", "Available"  # credited; may be spent
    REVERSED = "reversed", "Reversed"  # nothing of it is owed any more; may come back


class Reward(models.Model):
    """What one rule grants one recipient for one subject."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="rewards")
    program = models.ForeignKey(Program, models.PROTECT, related_name="rewards")
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="rewards")
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="rewards")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="rewards")
    side = models.CharField(max_length=10, choices=Side)
    recipient = models.ForeignKey(Customer, models.PROTECT, related_name="rewards")
    advocate = models.ForeignKey(Advocate, models.PROTECT, related_name="rewards")
    unit = UnitField()
    granted_minor = MinorField()  # fixed at the first settling; the most it can ever owe
    pending_minor = MinorField(default=0)  # Σ of its transfers in and out of the pending account
    available_minor = MinorField(default=0)  # Σ of its transfers in and out of the available account
    status = models.CharField(max_length=10, choices=RewardStatus)
    reviewed = models.BooleanField(default=False, help_text="Held by a review: not released when the hold is over.")
    due_at = models.DateTimeField(help_text="When the hold is over.")
    created_at = models.DateTimeField()
    credited_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "rule", "recipient"], name="a_rule_rewards_a_recipient_once_for_a_subject"
            ),
            one_of("side", Side, name="a_reward_has_a_known_side"),
            one_of("status", RewardStatus, name="a_reward_has_a_known_status"),
            at_least("granted_minor", 0, name="a_grant_is_not_negative", message="A grant is 0 or more."),
            at_least("pending_minor", 0, name="pending_is_not_negative", message="Pending is 0 or more."),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="rewards_newest_first"),
            models.Index(fields=["recipient", "-id"], name="rewards_of_a_recipient"),
            models.Index(fields=["advocate", "-id"], name="rewards_through_an_advocate"),
            # Used by: the release of what is due.
            models.Index(
                fields=["due_at"],
                condition=models.Q(status="pending", reviewed=False),
                name="rewards_that_fall_due",
            ),
        ]

    def __str__(self):
        return f"{self.rule} for {self.recipient}"

    @property
    def held_by(self):
        """The reason key of what keeps it from being credited when it is due, or "". Reads ``advocate``."""
        if self.reviewed:
            return "fraud_hold"
        if self.side == Side.ADVOCATE and self.advocate.status != AdvocateStatus.ACTIVE:
            return f"advocate_{self.advocate.status}"
        return ""
