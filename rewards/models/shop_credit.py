from django.db import models

from advocacy.models import Connection, Customer, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, append_only
from rewards.models.redemption import Redemption


class ShopCredit(models.Model):
    """A customer's store credit as far as it was put into a shop's own account of theirs, where they spend it."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="credits", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="shop_credits")
    unit = UnitField()
    # Put in, less what was taken back, and less what orders took, as far as the wallet had it.
    given_minor = MinorField(default=0)
    # What the customer had here when the shop was last told; it differs from what was given where that is spent.
    told_minor = MinorField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "customer", "unit"], name="a_shop_holds_a_customers_credit_once"
            ),
            models.CheckConstraint(condition=models.Q(given_minor__gte=0), name="no_shop_gives_credit_below_nothing"),
        ]

    def __str__(self):
        return f"{self.customer} at {self.connection}"


class ShopCreditMove(models.Model):
    """One amount that is put into a shop's account or taken from it; written before the shop is told."""

    public_id = PublicIdField()
    credit = models.ForeignKey(ShopCredit, models.PROTECT, related_name="moves")
    amount_minor = MinorField(help_text="Below 0: taken back.")
    # The newest entry of the shop's account before it.
    seen = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=120, blank=True, help_text="What the platform calls it.")
    begun_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credit"], condition=models.Q(done_at=None), name="a_shops_account_is_moved_once_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="a_move_of_credit_moves_something"),
        ]

    def __str__(self):
        return f"{self.amount_minor} {self.credit.unit}"


class ShopCreditEntry(models.Model):
    """What an order did to a customer's account in the shop, and what followed from it here. Insert-only."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="+", db_index=False)
    credit = models.ForeignKey(ShopCredit, models.PROTECT, related_name="entries")
    name = models.CharField(max_length=120, help_text="What the platform calls it.")
    order = models.CharField(max_length=120, blank=True, help_text="The shop’s own id of the order or invoice.")
    amount_minor = MinorField(help_text="Below 0: spent.")
    # As much of it as moved here; the rest was the shop's own, or taken back here before.
    followed_minor = MinorField()
    redemption = models.ForeignKey(Redemption, models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Whoever is known by several records may have one account in the shop.
            models.UniqueConstraint(fields=["connection", "name"], name="an_entry_of_a_shops_account_is_followed_once")
        ]
        triggers = append_only("shop_credit_entries")

    def __str__(self):
        return f"{self.amount_minor} {self.credit.unit}"
