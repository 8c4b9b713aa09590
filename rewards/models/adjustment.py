from django.conf import settings
from django.db import models

from advocacy.models import Customer, Program, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, append_only, one_of
from rewards.models.reward import Form, Reward


class AdjustmentKind(models.TextChoices):
    GIVEN = "given", "Given"  # makes a reward without a rule
    TAKEN = "taken", "Taken"  # takes lots, as spending does
    PROLONGED = "prolonged", "Prolonged"  # a reward's expiry was moved, and what had expired came back


class Adjustment(models.Model):
    """What somebody changed by hand in a wallet: who, when, why. Undone by its opposite, never changed."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="adjustments", db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="adjustments", db_index=False)
    kind = models.CharField(max_length=10, choices=AdjustmentKind)
    form = models.CharField(max_length=10, choices=Form)
    unit = UnitField()
    amount_minor = MinorField(help_text="0 or more; the kind says which way.")
    # Given: the reward it made. Prolonged: the reward. Taken: what was owed after all lots were empty, if anything.
    reward = models.ForeignKey(Reward, models.PROTECT, null=True, related_name="adjustments", db_index=False)
    hold_days = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    allow_negative = models.BooleanField(default=False)
    undoes = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    reason = models.CharField(max_length=200)
    # None: a storefront's server, by the API.
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    # Of its events; see outbox.record.
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            one_of("kind", AdjustmentKind, name="an_adjustment_has_a_known_kind"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0) | models.Q(kind="prolonged", amount_minor=0),
                name="an_adjustment_moves_something",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="an_adjustment_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="adjustments_newest_first"),
            models.Index(fields=["customer", "-id"], name="adjustments_of_a_customer"),
        ]
        triggers = append_only("adjustments")

    def __str__(self):
        return f"{self.get_kind_display()}: {self.customer}"

    @property
    def is_undone(self):
        return hasattr(self, "undone_by")


class Exchange(models.Model):
    """Points of a customer that became credit, at the rate that the program had then."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="exchanges", db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="exchanges", db_index=False)
    points = models.PositiveBigIntegerField()
    points_per_unit = models.PositiveIntegerField()
    currency = UnitField()
    amount_minor = MinorField()
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="+", db_index=False)
    exchanged_at = models.DateTimeField()

    # Of its one event: it is never changed.
    version = 1

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gt=0, amount_minor__gt=0), name="an_exchange_moves_something"
            )
        ]
        indexes = [models.Index(fields=["customer", "-id"], name="exchanges_of_a_customer")]
        triggers = append_only("exchanges")

    def __str__(self):
        return f"{self.points} points of {self.customer}"
