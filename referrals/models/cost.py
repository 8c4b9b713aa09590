"""What storefronts spend to be found, as they say it."""

from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import MinorField, UnitField, at_least, one_of


class Channel(models.TextChoices):
    """By what a customer was acquired."""

    REFERRAL = "referral", "Referral"  # a friend brought them
    ORGANIC_SEARCH = "organic_search", "Organic search"
    PAID_SEARCH = "paid_search", "Paid search"
    SOCIAL = "social", "Social"
    PAID_SOCIAL = "paid_social", "Paid social"
    EMAIL = "email", "E-mail"
    AFFILIATE = "affiliate", "Affiliate"
    DIRECT = "direct", "Direct"
    OTHER = "other", "Other"  # nobody said, or nothing that is known


# What may be noted as a cost: of each channel, and what banks take for payouts, which is referral's too.
CostOf = models.TextChoices(
    "CostOf",
    [(each.name, (each.value, each.label)) for each in Channel] + [("PAYOUT_FEES", ("payout_fees", "Fees of payouts"))],
    module=__name__,
)


class ChannelCost(models.Model):
    """What a channel cost in a month: adverts, fees, the hours of people. Of referral: all but rewards and fees."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="channel_costs", db_index=False)
    channel = models.CharField(max_length=20, choices=CostOf)
    month = models.DateField(help_text="Its first day.")
    currency = UnitField()
    amount_minor = MinorField()
    source = models.CharField(max_length=40, help_text="Where the number is from, such as ads-export.")
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["-month", "channel"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "month", "channel", "currency"], name="a_channel_has_each_cost_once"
            ),
            one_of("channel", CostOf, name="a_channel_is_known"),
            at_least("amount_minor", 0, name="a_cost_is_not_negative", message="A cost is 0 or more."),
            models.CheckConstraint(condition=models.Q(month__day=1), name="a_month_is_its_first_day"),
        ]

    def __str__(self):
        return f"{self.get_channel_display()}, {self.month:%Y-%m}"
