import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from advocacy.models import Customer, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, append_only, one_of
from rewards.models.reward import Form, Reward


class AccountKind(models.TextChoices):
    # The house's: sums of their transfers, no stored balance.
    FUNDING = "funding", "Funding"  # where rewards come from and go back to
    SPENT = "spent", "Spent"  # redeemed at a checkout
    PAID = "paid", "Paid out"  # left as money
    EXPIRED = "expired", "Expired"  # not spent in time: breakage
    # A customer's.
    PENDING = "pending", "Pending"  # granted, not theirs yet
    AVAILABLE = "available", "Available"  # theirs to spend
    RESERVED = "reserved", "Reserved"  # in a checkout or a payout under way


HOUSE = (AccountKind.FUNDING, AccountKind.SPENT, AccountKind.PAID, AccountKind.EXPIRED)
THEIRS = (AccountKind.PENDING, AccountKind.AVAILABLE, AccountKind.RESERVED)


class Account(models.Model):
    """One owner's amounts of one unit and form. The house's keep no stored balance: every settling would lock them."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="accounts", db_index=False)
    kind = models.CharField(max_length=12, choices=AccountKind)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="accounts")
    unit = UnitField()
    form = models.CharField(max_length=10, choices=Form, default=Form.CREDIT)
    balance_minor = MinorField(null=True, help_text="Empty for the house: it is the sum of its transfers.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "kind", "customer", "unit", "form"],
                nulls_distinct=False,
                name="an_owner_has_one_account_per_kind_unit_and_form",
            ),
            one_of("kind", AccountKind, name="an_account_has_a_known_kind"),
            one_of("form", Form, name="an_account_has_a_known_form"),
            models.CheckConstraint(
                condition=models.Q(kind__in=HOUSE, customer__isnull=True, balance_minor__isnull=True)
                | models.Q(kind__in=THEIRS, customer__isnull=False, balance_minor__isnull=False),
                name="customers_have_balances_and_the_house_has_none",
            ),
            # Available may: what was spent and then taken back is paid off by what is credited later.
            models.CheckConstraint(
                condition=models.Q(kind="available")
                | models.Q(balance_minor__isnull=True)
                | models.Q(balance_minor__gte=0),
                name="only_available_may_be_below_nothing",
            ),
        ]
        indexes = [
            # Used by: making a batch of payouts.
            models.Index(
                fields=["storefront", "unit", "customer"],
                condition=models.Q(kind="available", form="cash", balance_minor__gt=0),
                name="accounts_to_pay_out",
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
    TAKE_EXPIRED = "take_expired", "Taken back after it had expired"  # expired → funding
    RESERVE = "reserve", "Reserved"  # available → reserved
    GIVE_BACK = "give_back", "Given back"  # reserved → available
    SPEND = "spend", "Spent"  # reserved → spent
    UNSPEND = "unspend", "Spending undone"  # spent → available
    USE = "use", "Used"  # available → spent: a code at a checkout, taken by hand, exchanged
    PAY = "pay", "Paid out"  # reserved → paid
    UNPAY = "unpay", "Payout undone"  # paid → available
    EXPIRE = "expire", "Expired"  # available → expired
    UNEXPIRE = "unexpire", "Expiry undone"  # expired → available


# Which accounts a leg moves between: of the reward's recipient, or the house's.
ROUTES = {
    Leg.GRANT: (AccountKind.FUNDING, AccountKind.PENDING),
    Leg.RELEASE: (AccountKind.PENDING, AccountKind.AVAILABLE),
    Leg.TAKE_PENDING: (AccountKind.PENDING, AccountKind.FUNDING),
    Leg.TAKE_AVAILABLE: (AccountKind.AVAILABLE, AccountKind.FUNDING),
    Leg.TAKE_EXPIRED: (AccountKind.EXPIRED, AccountKind.FUNDING),
    Leg.RESERVE: (AccountKind.AVAILABLE, AccountKind.RESERVED),
    Leg.GIVE_BACK: (AccountKind.RESERVED, AccountKind.AVAILABLE),
    Leg.SPEND: (AccountKind.RESERVED, AccountKind.SPENT),
    Leg.UNSPEND: (AccountKind.SPENT, AccountKind.AVAILABLE),
    Leg.USE: (AccountKind.AVAILABLE, AccountKind.SPENT),
    Leg.PAY: (AccountKind.RESERVED, AccountKind.PAID),
    Leg.UNPAY: (AccountKind.PAID, AccountKind.AVAILABLE),
    Leg.EXPIRE: (AccountKind.AVAILABLE, AccountKind.EXPIRED),
    Leg.UNEXPIRE: (AccountKind.EXPIRED, AccountKind.AVAILABLE),
}


class Transfer(models.Model):
    """Moves an amount from one account to another: it cannot be unbalanced. Insert-only."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    source = models.ForeignKey(Account, models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey(Account, models.PROTECT, related_name="transfers_in")
    amount_minor = MinorField()
    unit = UnitField()
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="transfers", db_index=False)
    reward_version = models.PositiveIntegerField()
    # How many decisions of the reward's subject had been made by then: times do not order the two, as whoever waits for
    # a lock has read the clock before. Empty where nobody noted it.
    decided = models.PositiveIntegerField(null=True)
    leg = models.CharField(max_length=16, choices=Leg)
    # The redemption, payout or adjustment that moved it, by its public id.
    reference = models.UUIDField(null=True)
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
        indexes = [
            models.Index(fields=["storefront", "-id"], name="transfers_newest_first"),
            # Used by: what a redemption, a payout or an adjustment moved.
            models.Index(
                fields=["reference"], condition=models.Q(reference__isnull=False), name="transfers_by_reference"
            ),
            # Used by: the journal of a month. Rows lie in order of time, so it costs the writing next to nothing; and
            # the clocks of test twins, which are ahead, stand apart in it.
            BrinIndex(
                fields=["at"],
                opclasses=["timestamptz_minmax_multi_ops"],
                pages_per_range=16,
                autosummarize=True,
                name="transfers_by_time",
            ),
        ]
        triggers = [
            *append_only("transfers"),
            pgtrigger.Trigger(
                name="a_transfer_of_before_opens_month_ends",
                level=pgtrigger.Statement,
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                referencing=pgtrigger.Referencing(new="posted"),
                func="""
                    DELETE FROM rewards_monthend stored
                    USING (SELECT storefront_id, MIN(at) AS at FROM posted GROUP BY storefront_id) AS earliest
                    WHERE stored.storefront_id = earliest.storefront_id AND stored.until > earliest.at;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self):
        return f"{self.get_leg_display()} {self.amount_minor} {self.unit}"
