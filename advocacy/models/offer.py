from django.db import models

from advocacy.models.columns import MinorField, PublicIdField, UnitField, one_of
from advocacy.models.program import Program


class Side(models.TextChoices):
    ADVOCATE = "advocate", "Advocate"  # who brought somebody
    FRIEND = "friend", "Friend"  # who was brought
    CUSTOMER = "customer", "Customer"  # whose own deed it was, such as a testimonial


class BenefitKind(models.TextChoices):
    FIXED = "fixed", "A fixed amount"
    PERCENT = "percent", "A percentage of the order's revenue"
    TIERED = "tiered", "More for those who bring more"
    PER_PRODUCT = "per_product", "By product or category"


class Offer(models.Model):
    """What a program promises one side, in numbers: written by ``rewards`` when a rule version is saved.

    Pages, mails and APIs show only this; nobody types it twice.
    """

    public_id = PublicIdField()
    program = models.ForeignKey(Program, models.CASCADE, related_name="offers")
    side = models.CharField(max_length=10, choices=Side)
    # The rule version that promises it; the base knows only its public id.
    rule_version = models.UUIDField()
    kind = models.CharField(max_length=12, choices=BenefitKind)
    # What it is paid in: credit, points, coupon, gift_card, cash or custom.
    form = models.CharField(max_length=10, default="credit")
    label = models.CharField(max_length=80, blank=True)
    # The event type that earns it.
    trigger = models.CharField(max_length=60, default="conversion.recorded")
    # So many friends earn it; null where each does.
    friends = models.PositiveIntegerField(null=True)
    # Again for every further so many.
    repeats = models.BooleanField(default=False)
    # Of tiers and products the most that one of them pays.
    amount_minor = MinorField(default=0)
    percent_bp = models.PositiveIntegerField(default=0)
    unit = UnitField()
    # By product or category: [{"by": "product" or "category", "values": […], "amount_minor" or "percent_bp"}].
    items = models.JSONField(default=list, blank=True)
    maximum_minor = MinorField(null=True)
    minimum_order_minor = MinorField(default=0)
    first_order_only = models.BooleanField(default=True)
    order_limit = models.PositiveIntegerField(null=True)
    months_limit = models.PositiveIntegerField(null=True)
    # Whether there are conditions that these numbers do not say.
    conditional = models.BooleanField(default=False)
    hold_days = models.PositiveIntegerField(default=0)
    # Whether an order of which nothing is to be sent does not wait for the hold.
    digital_at_once = models.BooleanField(default=False)
    # Of the offers of one group a person gets the best: the highest priority, then the most. Empty: it adds up.
    exclusive_group = models.CharField(max_length=40, blank=True)
    priority = models.IntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_version", "side"], name="a_rule_version_promises_each_side_once"),
            one_of("side", Side, name="an_offer_has_a_known_side"),
            one_of("kind", BenefitKind, name="an_offer_has_a_known_kind"),
        ]
        # Used by: the offers in force of a program, on every landing page.
        indexes = [models.Index(fields=["program", "side", "starts_at"], name="offers_in_force")]

    def __str__(self):
        return f"{self.get_side_display()}: {self.get_kind_display()}"
