from django.conf import settings
from django.db import models

from advocacy.models import Advocate, Customer, Program, Storefront
from advocacy.models.columns import PublicIdField, one_of
from referrals.models.order import Order
from referrals.models.referral import Referral


class ClaimState(models.TextChoices):
    OPEN = "open", "To be decided"  # until ``decide_by``
    ACCEPTED = "accepted", "Counts"  # the friend is the advocate's
    REFUSED = "refused", "Refused"  # by somebody, or because nobody decided in time; ``refusal`` says which


class NamedBy(models.TextChoices):
    WORD = "word", "Order number or code"
    EMAIL = "email", "E-mail address"


class Claim(models.Model):
    """That an advocate misses a friend, whom they name by what they know of them."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="claims")
    advocate = models.ForeignKey(Advocate, models.CASCADE, related_name="claims")
    named_by = models.CharField(max_length=5, choices=NamedBy)
    # As it was typed; a coupon by its id, and an address not at all: its owner was not asked.
    named = models.CharField(max_length=80, blank=True)
    # Of what was named, as it is compared: the same again is the same claim, and an address is known again.
    digest = models.BinaryField(max_length=32, editable=False)
    # What was found by that name when it was asked, or when it was decided.
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="claims")
    friend = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+")
    # Why it did not count by itself when it was asked, as reason keys with their numbers.
    reasons = models.JSONField(default=list)
    claimed_at = models.DateTimeField()
    decide_by = models.DateTimeField()
    state = models.CharField(max_length=8, choices=ClaimState, default=ClaimState.OPEN)
    # The reason key that the advocate reads the text of.
    refusal = models.CharField(max_length=40, blank=True)
    # For colleagues.
    reason = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="claims")
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "missing friend"
        verbose_name_plural = "missing friends"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["advocate", "digest"], name="a_friend_is_missed_once"),
            one_of("state", ClaimState, name="a_claim_has_a_known_state"),
            one_of("named_by", NamedBy, name="a_claim_names_in_a_known_way"),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at__isnull=True)
                | ~models.Q(state="open") & models.Q(decided_at__isnull=False),
                name="a_decided_claim_has_its_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refused") | ~models.Q(refusal=""), name="a_refused_claim_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="claims_newest_first"),
            # Used by: the portal, and how many an advocate made today.
            models.Index(fields=["advocate", "-id"], name="claims_of_an_advocate"),
            # Used by: the sweep of what nobody decided, and the count of what waits in the admin.
            models.Index(fields=["decide_by"], condition=models.Q(state="open"), name="claims_to_be_decided"),
        ]

    def __str__(self):
        return self.named or "an e-mail address"
