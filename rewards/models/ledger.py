import pgtrigger
from django.db import models

from advocacy.models import Customer, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, one_of
from rewards.models.reward import Reward


class AccountKind(models.TextChoices):
    FUNDING = "funding", "Funding"  # the house's: where rewards come from and go back to
    PENDING = "pending", "Pending"  # a customer's: granted, not theirs yet
    AVAILABLE = "available", "Available"  # a customer's: theirs to spend


class Account(models.Model):
    """One owner's money of one unit. The house's accounts keep no stored balance: every settling would lock them."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=12, choices=AccountKind)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="accounts")
    unit = UnitField()
    balance_minor = MinorField(null=True, help_text="Empty for the house: it is the sum of its transfers.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "kind", "customer", "unit"],
                nulls_distinct=False,
                name="an_owner_has_one_account_per_kind_and_unit",
            ),
            one_of("kind", AccountKind, name="an_account_has_a_known_kind"),
            models.CheckConstraint(
                condition=models.Q(kind="funding", customer__isnull=True, balance_minor__isnull=True)
                | models.Q(kind__in=["pending", "available"], customer__isnull=False, balance_minor__isnull=False),
                name="customers_have_balances_and_the_house_has_none",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.customer or 'house'} {self.unit}"


class Leg(models.TextChoices):
    """Why money moved; with the reward and its version it names a transfer, so none is posted twice."""

    GRANT = "grant", "Granted"  # funding → pending
    RELEASE = "release", "Credited"  # pending → available
    TAKE_PENDING = "take_pending", "Taken back before it was credited"  # pending → funding
    TAKE_AVAILABLE = "take_available", "Taken back"  # available → funding


class Transfer(models.Model):
    """Moves an amount from one account to another: it cannot be unbalanced. Insert-only."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    source = models.ForeignKey(Account, models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey(Account, models.PROTECT, related_name="transfers_in")
    amount_minor = MinorField()
    unit = UnitField()
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="transfers", db_index=False)
    reward_version = models.PositiveIntegerField()
    leg = models.CharField(max_length=16, choices=Leg)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reward", "reward_version", "leg"], name="a_reward_moves_once_per_version_and_leg"
            ),
            one_of("leg", Leg, name="a_transfer_has_a_known_leg"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="a_transfer_moves_something"),
            models.CheckConstraint(
                condition=~models.Q(source=models.F("target")), name="a_transfer_leaves_its_account"
            ),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="transfers_newest_first")]
        triggers = [pgtrigger.Protect(name="transfers_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.get_leg_display()} {self.amount_minor} {self.unit}"
