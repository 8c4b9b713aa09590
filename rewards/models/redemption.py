from django.db import models

from advocacy.models import Customer, Program, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, one_of, unchanging
from rewards.models.reward import Form


class RedemptionState(models.TextChoices):
    RESERVED = "reserved", "Reserved"  # in a basket; nobody else can spend it
    CONFIRMED = "confirmed", "Confirmed"  # spent with an order; a part may have been given back since
    RETURNED = "returned", "Given back"  # the basket was left
    EXPIRED = "expired", "Given back by itself"  # nobody confirmed it in time
    REVERSED = "reversed", "Reversed"  # spent, and all of it given back since


class Redemption(models.Model):
    """Credit or points spent at a checkout. Which lots it took is told by the transfers that name it."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="redemptions", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="redemptions", db_index=False)
    form = models.CharField(max_length=10, choices=Form)
    unit = UnitField()
    amount_minor = MinorField()
    reversed_minor = MinorField(default=0)  # of a confirmed one, given back since
    # What points were worth when they were reserved, and in which currency; None where the program says no rate.
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    worth_minor = MinorField(null=True, blank=True)
    worth_currency = UnitField(blank=True)
    order_external_id = models.CharField(max_length=200, blank=True, help_text="The shop's own id of the order.")
    state = models.CharField(max_length=10, choices=RedemptionState, default=RedemptionState.RESERVED)
    reserved_at = models.DateTimeField()
    reserved_until = models.DateTimeField(help_text="Not confirmed until then, it is given back by itself.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When the last of it was given back.")
    # Of its events; see outbox.record.
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            one_of("state", RedemptionState, name="a_redemption_has_a_known_state"),
            models.CheckConstraint(
                condition=models.Q(form__in=[Form.CREDIT, Form.POINTS]), name="credit_and_points_are_redeemed"
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="a_redemption_takes_something"),
            models.CheckConstraint(
                condition=models.Q(reversed_minor__gte=0, reversed_minor__lte=models.F("amount_minor")),
                name="a_redemption_gives_back_at_most_what_it_took",
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="redemptions_newest_first"),
            models.Index(fields=["customer", "-id"], name="redemptions_of_a_customer"),
            # Used by: giving back what nobody confirmed.
            models.Index(
                fields=["reserved_until"], condition=models.Q(state="reserved"), name="redemptions_that_run_out"
            ),
        ]
        triggers = [
            unchanging(
                "a_redemption_stays_what_it_took",
                *("public_id", "storefront", "form", "unit", "amount_minor", "program", "worth_minor"),
                *("worth_currency", "reserved_at"),
            )
        ]

    def __str__(self):
        return f"{self.get_form_display()} of {self.customer}"
