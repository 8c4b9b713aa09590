from django.db import models

from advocacy.models import Advocate, AdvocateStatus, Customer, Program, Side, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, at_least, one_of
from rewards.models.reward_day import kept_by_day
from rewards.models.rule import Rule, RuleVersion
from rewards.models.subject import Subject


class Form(models.TextChoices):
    """What a reward is paid in; each form of each unit is a wallet of its own."""

    CREDIT = "credit", "Store credit"  # spent at the checkout
    POINTS = "points", "Points"  # spent at the checkout, or exchanged for credit
    COUPON = "coupon", "Coupon"  # a code, assigned when it is credited
    GIFT_CARD = "gift_card", "Gift card"  # a code too
    CASH = "cash", "Cash"  # paid out
    CUSTOM = "custom", "Something of your own"  # a webhook tells your system to give it


class RewardStatus(models.TextChoices):
    """Computed from where its amount is; see ``rewards.rules.moves.status``."""

    PENDING = "pending", "Pending"  # granted, waiting for its hold, a review or a code
    AVAILABLE = "available", "Available"  # credited; may be spent
    RESERVED = "reserved", "Reserved"  # in a checkout or in a payout under way
    SPENT = "spent", "Spent"  # used up at a checkout
    PAID = "paid", "Paid"  # paid out
    EXPIRED = "expired", "Expired"  # not spent in time
    REVERSED = "reversed", "Reversed"  # nothing of it is owed any more; may come back


class Reward(models.Model):
    """What one rule grants one recipient for one subject; also a lot of the recipient's credit.

    Σ of the amounts below is what is owed of it now; each is Σ of its transfers in and out of that account.
    """

    public_id = PublicIdField()
    # Copies of what the subject and the rule version say are not checked again by the database, but by ``audit``: a
    # settling writes thousands of rows a second, and each check costs as much as an index.
    storefront = models.ForeignKey(
        Storefront, models.PROTECT, related_name="rewards", db_index=False, db_constraint=False
    )
    program = models.ForeignKey(Program, models.PROTECT, related_name="rewards", db_index=False, db_constraint=False)
    # None: given by hand, or for points.
    rule = models.ForeignKey(
        Rule, models.PROTECT, null=True, related_name="rewards", db_index=False, db_constraint=False
    )
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, null=True, related_name="rewards")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="rewards", db_index=False)
    side = models.CharField(max_length=10, choices=Side)
    recipient = models.ForeignKey(Customer, models.PROTECT, related_name="rewards", db_index=False)
    advocate = models.ForeignKey(
        Advocate, models.PROTECT, null=True, related_name="rewards", db_index=False, db_constraint=False
    )
    form = models.CharField(max_length=10, choices=Form, default=Form.CREDIT)
    unit = UnitField()
    granted_minor = MinorField()  # fixed when first decided; the most it can ever owe, but for a correction
    pending_minor = MinorField(default=0)
    available_minor = MinorField(default=0)  # below 0: spent before it was taken back
    reserved_minor = MinorField(default=0)
    spent_minor = MinorField(default=0)
    paid_minor = MinorField(default=0)
    expired_minor = MinorField(default=0)
    # A correction's: what was spent or paid already and is not asked back.
    waived_minor = MinorField(default=0)
    status = models.CharField(max_length=10, choices=RewardStatus)
    reviewed = models.BooleanField(default=False, help_text="Held by a review: not released when the hold is over.")
    waits_for_code = models.BooleanField(default=False, help_text="Its hold is over, but its pool has no code left.")
    waits_for_advocate = models.BooleanField(
        default=False,
        help_text="Its hold is over, but its advocate was paused or banned then: it is looked at when that changes.",
    )
    due_at = models.DateTimeField(help_text="When the hold is over.")
    created_at = models.DateTimeField()
    credited_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="What is not spent until then expires.")
    reminded_at = models.DateTimeField(null=True, blank=True, help_text="When its recipient was told that it expires.")
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "rule", "side"],
                nulls_distinct=False,
                name="a_rule_rewards_a_side_once_for_a_subject",
            ),
            one_of("side", Side, name="a_reward_has_a_known_side"),
            one_of("form", Form, name="a_reward_has_a_known_form"),
            one_of("status", RewardStatus, name="a_reward_has_a_known_status"),
            at_least("granted_minor", 0, name="a_grant_is_not_negative", message="A grant is 0 or more."),
            at_least("pending_minor", 0, name="pending_is_not_negative", message="Pending is 0 or more."),
            at_least("reserved_minor", 0, name="reserved_is_not_negative", message="Reserved is 0 or more."),
            at_least("spent_minor", 0, name="spent_is_not_negative", message="Spent is 0 or more."),
            at_least("paid_minor", 0, name="paid_is_not_negative", message="Paid is 0 or more."),
            at_least("expired_minor", 0, name="expired_is_not_negative", message="Expired is 0 or more."),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="rewards_newest_first"),
            models.Index(fields=["recipient", "-id"], name="rewards_of_a_recipient"),
            models.Index(fields=["advocate", "-id"], name="rewards_through_an_advocate"),
            # Used by: the release of what is due.
            models.Index(
                fields=["due_at"],
                condition=models.Q(status="pending", reviewed=False, waits_for_code=False, waits_for_advocate=False),
                name="rewards_that_fall_due",
            ),
            # Used by: spending, which takes lots by expiry and age.
            models.Index(
                fields=["recipient", "unit", "form", "expires_at", "id"],
                condition=models.Q(available_minor__gt=0),
                name="lots_to_spend",
            ),
            # Used by: making a batch of payouts, whatever was paid before.
            models.Index(
                fields=["storefront", "unit", "recipient"],
                condition=models.Q(form="cash") & ~models.Q(available_minor=0),
                name="cash_to_pay_out",
            ),
            # Used by: expiry and its reminder.
            models.Index(
                fields=["expires_at"],
                condition=models.Q(available_minor__gt=0, expires_at__isnull=False),
                name="lots_that_expire",
            ),
            # Used by: codes that come, for those who wait longest.
            models.Index(fields=["id"], condition=models.Q(waits_for_code=True), name="rewards_that_wait_for_a_code"),
            # Used by: the sweep, which asks of pools that have codes whether anybody waits.
            models.Index(
                fields=["rule_version", "side"],
                condition=models.Q(waits_for_code=True),
                name="rewards_that_wait_by_version",
            ),
        ]
        triggers = kept_by_day()

    def __str__(self):
        return f"{self.rule or self.get_form_display()} for {self.recipient}"

    @property
    def awaits_code(self):
        """Whether a code is still to come: nothing of what was taken back, or is used up, waits for one."""
        return self.waits_for_code and (self.pending_minor > 0 or self.available_minor > 0)

    @property
    def held_by(self):
        """The reason key of what keeps it from being credited when it is due, or "". Reads ``advocate``."""
        if self.reviewed:
            return "fraud_hold"
        if self.side == Side.ADVOCATE and self.advocate and self.advocate.status != AdvocateStatus.ACTIVE:
            return f"advocate_{self.advocate.status}"
        return "pool_empty" if self.waits_for_code else ""
