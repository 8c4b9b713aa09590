from django.db import models

from advocacy.models import Advocate, Customer, Program, Storefront
from advocacy.models.columns import PublicIdField, one_of
from referrals.models.link import Link


class Method(models.TextChoices):
    """How a friend was attributed, in order of precedence."""

    CODE = "code", "Code"  # the friend typed the code
    COUPON = "coupon", "Coupon"  # a coupon that is also a link's code
    CLICK = "click", "Click"  # the click id came with the sign-up or order
    COOKIE = "cookie", "Cookie"  # the snippet remembered the click
    INVITATION = "invitation", "Invitation"  # an invitation to this address
    MANUAL = "manual", "By hand"  # an admin decided, with a reason
    IMPORT = "import", "Import"  # a file said so, of the time before


class Referral(models.Model):
    """The bond advocate → friend in a program: at most one per friend and program."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="referrals")
    program = models.ForeignKey(Program, models.PROTECT, related_name="referrals")
    advocate = models.ForeignKey(Advocate, models.PROTECT, related_name="referrals")
    friend = models.ForeignKey(Customer, models.PROTECT, related_name="referrals_as_friend")
    link = models.ForeignKey(Link, models.PROTECT, null=True, blank=True, related_name="referrals")
    method = models.CharField(max_length=12, choices=Method)
    channel = models.CharField(max_length=40, blank=True)
    # A copy of the click that won; the click itself may be pruned.
    click_id = models.UUIDField(null=True, blank=True)
    clicked_at = models.DateTimeField(null=True, blank=True)
    bound_at = models.DateTimeField()
    # Every candidate considered, with the reason each lost: [{method, link, advocate, at, won, reason}].
    candidates = models.JSONField(default=list)
    # Kept under the row's lock by referrals.conversions: how many were recorded, how many still count.
    last_sequence = models.PositiveIntegerField(default=0, editable=False)
    standing_conversions = models.PositiveIntegerField(default=0, editable=False)
    converted_at = models.DateTimeField(null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField()
    # Somebody decided by hand that it was another: it binds nobody and counts nothing any more, but stays to be read.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_reason = models.CharField(max_length=200, blank=True, editable=False)
    # The merge that ended it, by its public id: undone, the bond is made again.
    ended_by_merge = models.UUIDField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "friend"],
                condition=models.Q(ended_at__isnull=True),
                name="a_friend_has_one_advocate_in_a_program",
            ),
            one_of("method", Method, name="a_referral_has_a_known_method"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="referrals_newest_first"),
            # Used by: the portal's list of an advocate's friends.
            models.Index(fields=["advocate", "-id"], name="referrals_of_an_advocate"),
            # Used by: the day's recount.
            models.Index(fields=["program", "bound_at"], name="referrals_by_day"),
            # Used by: the day's recount of what became of its clicks.
            models.Index(
                fields=["program", "clicked_at"],
                condition=models.Q(clicked_at__isnull=False),
                name="referrals_by_day_of_click",
            ),
        ]

    def __str__(self):
        return f"{self.advocate} → {self.friend}"
