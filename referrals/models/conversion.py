from django.db import models

from advocacy.models import AdvocateStatus, Program, ProgramStatus, Storefront
from advocacy.models.columns import PublicIdField, one_of
from referrals.models.order import Order
from referrals.models.referral import Referral


class Review(models.TextChoices):
    """What a reviewer said of one side's reward; each side is moderated by itself."""

    CLEAR = "clear", "Clear"  # nothing held
    HELD = "held", "Held for review"  # stays pending until somebody decides
    REJECTED = "rejected", "Rejected"  # owes nothing; can be released again until money left


class Conversion(models.Model):
    """An order of a referred friend, paid at least once."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="conversions")
    program = models.ForeignKey(Program, models.PROTECT, related_name="conversions")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="conversions")
    order = models.ForeignKey(Order, models.PROTECT, related_name="conversions")
    # The order of recording under the referral's lock; never changes.
    sequence = models.PositiveIntegerField()
    advocate_review = models.CharField(max_length=10, choices=Review, default=Review.CLEAR)
    friend_review = models.CharField(max_length=10, choices=Review, default=Review.CLEAR)
    # As they were when it was recorded: a promise is judged by that moment, however late somebody looks.
    advocate_status = models.CharField(
        max_length=20, choices=AdvocateStatus, default=AdvocateStatus.ACTIVE, editable=False
    )
    program_status = models.CharField(
        max_length=20, choices=ProgramStatus, default=ProgramStatus.ACTIVE, editable=False
    )
    # What else is judged by that moment, as its events carry it: earlier orders, segments, tiers, metadata …
    frozen = models.JSONField(default=dict, editable=False)
    review_reason = models.CharField(max_length=200, blank=True)
    # Whether it counts: not wholly refunded, not rejected for the advocate.
    stands = models.BooleanField(default=True, editable=False)
    # Its referral has ended; the order converts for another.
    ended = models.BooleanField(default=False, editable=False)
    converted_at = models.DateTimeField(help_text="When the order was paid.")
    recorded_at = models.DateTimeField()
    # When the checks asked what had come to light since; see ``referrals.fraud.second_look``.
    looked_again_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "program"],
                condition=models.Q(ended=False),
                name="an_order_converts_once_in_a_program",
            ),
            models.UniqueConstraint(fields=["referral", "sequence"], name="a_sequence_is_given_once"),
            one_of("advocate_review", Review, name="a_conversion_has_a_known_advocate_review"),
            one_of("friend_review", Review, name="a_conversion_has_a_known_friend_review"),
            one_of("advocate_status", AdvocateStatus, name="a_conversion_has_a_known_advocate_status"),
            one_of("program_status", ProgramStatus, name="a_conversion_has_a_known_program_status"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="conversions_newest_first"),
            # Used by: the day's recount.
            models.Index(fields=["program", "converted_at"], name="conversions_by_day"),
        ]

    def __str__(self):
        return f"{self.order} (no. {self.sequence})"
