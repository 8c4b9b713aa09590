from django.db import models

from advocacy.models import Customer, Storefront
from advocacy.models.columns import (
    FingerprintField,
    MinorField,
    PublicIdField,
    SealedField,
    append_only,
    one_of,
    unchanging,
)
from rewards.models.coupon_pool import CouponPool
from rewards.models.payout import Payout
from rewards.models.reward import Reward


class CouponState(models.TextChoices):
    MAKING = "making", "Being made"  # its shop has not said yet that it takes it
    FREE = "free", "Free"  # in stock: nobody's yet
    HANDED = "handed", "With a friend"  # got by coming through a link; nobody knows yet who they are
    ASSIGNED = "assigned", "Assigned"  # somebody's, not used up
    USED = "used", "Used"  # used up
    REVOKED = "revoked", "Revoked"  # void: taken back unused, or withdrawn by staff
    EXPIRED = "expired", "Expired"  # not used in time


THEIRS = (CouponState.ASSIGNED, CouponState.USED, CouponState.EXPIRED)


def normal(code):
    """A code as it is compared: people type capitals and spaces as they like."""
    return str(code).strip().upper()


class CodeFingerprintField(FingerprintField):
    """Of the code as it is compared, so that ``abc-1`` and ``ABC-1`` are one."""

    def fingerprinted(self, text):
        return normal(text)


class Coupon(models.Model):
    """One code. Sealed, and never listed in full: staff see its end, its owner sees it whole."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="coupons", db_index=False)
    pool = models.ForeignKey(CouponPool, models.PROTECT, related_name="coupons", db_index=False)
    code = SealedField(editable=False)
    fingerprint = CodeFingerprintField(of="code")
    last_4 = models.CharField(max_length=4, editable=False)
    state = models.CharField(max_length=10, choices=CouponState, default=CouponState.FREE)
    reward = models.ForeignKey(Reward, models.PROTECT, null=True, blank=True, related_name="coupons", db_index=False)
    # Instead of a reward: the payout that it is.
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, blank=True, related_name="coupons", db_index=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="coupons", db_index=False
    )
    # Instead of a customer, of a code that a friend got by coming: the link's public id, the visit, and the digest of
    # the network on that day.
    link = models.UUIDField(null=True, editable=False)
    visit = models.UUIDField(null=True, editable=False)
    visitor = models.BinaryField(max_length=16, default=bytes, editable=False)
    # Of a gift card: what was used of it, as far as we were told.
    used_minor = MinorField(default=0)
    assigned_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    # The order it was used in: our id (ord_…), or what the storefront called it.
    order_reference = models.CharField(max_length=200, blank=True)
    order_undone_at = models.DateTimeField(null=True, blank=True, help_text="When that order was wholly given back.")
    # What the shop that made it calls it, which some of its orders say instead of the code.
    shop_reference = models.CharField(max_length=120, blank=True, editable=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "fingerprint"], name="a_coupon_code_is_unique_in_its_storefront"
            ),
            # Two codes for one reward would be paid for once.
            models.UniqueConstraint(
                fields=["reward"], condition=~models.Q(state="revoked"), name="a_reward_has_one_coupon"
            ),
            models.UniqueConstraint(
                fields=["payout"], condition=~models.Q(state="revoked"), name="a_payout_has_one_coupon"
            ),
            models.CheckConstraint(
                condition=models.Q(reward=None) | models.Q(payout=None), name="a_coupon_is_of_a_reward_or_of_a_payout"
            ),
            one_of("state", CouponState, name="a_coupon_has_a_known_state"),
            models.CheckConstraint(
                condition=~models.Q(state__in=["free", "making"]) | models.Q(reward=None, payout=None, customer=None),
                name="a_free_coupon_is_nobodys",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="assigned")
                | (models.Q(reward__isnull=False) | models.Q(payout__isnull=False)) & models.Q(customer__isnull=False),
                name="an_assigned_coupon_is_somebodys",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="handed")
                | models.Q(reward=None, payout=None, customer=None, visit__isnull=False, link__isnull=False),
                name="a_handed_coupon_is_of_a_visit",
            ),
            # Pressed twice, or come again: one code.
            models.UniqueConstraint(
                fields=["pool", "visit"], condition=models.Q(visit__isnull=False), name="a_visit_has_one_coupon"
            ),
            models.CheckConstraint(condition=models.Q(used_minor__gte=0), name="no_coupon_is_used_below_nothing"),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="coupons_newest_first"),
            # Used by: the assignment, oldest first, and the count of the stock.
            models.Index(fields=["pool", "id"], condition=models.Q(state="free"), name="coupons_in_stock"),
            # Used by: shops, which are asked for as many as are missing.
            models.Index(fields=["pool", "id"], condition=models.Q(state="making"), name="coupons_being_made"),
            # Used by: orders that say the shop's name of a code.
            models.Index(
                fields=["storefront", "shop_reference"],
                condition=~models.Q(shop_reference=""),
                name="coupons_by_their_shops_name",
            ),
            # Used by: the portal, and whose code it is.
            models.Index(
                fields=["customer", "-id"], condition=models.Q(customer__isnull=False), name="coupons_of_a_customer"
            ),
            models.Index(fields=["reward"], condition=models.Q(reward__isnull=False), name="coupons_of_a_reward"),
            # Used by: payouts, before they are given a code.
            models.Index(fields=["payout"], condition=models.Q(payout__isnull=False), name="coupons_of_a_payout"),
            # Used by: expiry.
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["assigned", "handed"], expires_at__isnull=False),
                name="coupons_that_expire",
            ),
            # Used by: how many codes a network got today.
            models.Index(
                fields=["pool", "visitor", "-assigned_at"],
                condition=models.Q(visit__isnull=False),
                name="coupons_of_a_visitor",
            ),
            # Used by: orders that are given back.
            models.Index(
                fields=["storefront", "order_reference"],
                condition=~models.Q(order_reference=""),
                name="coupons_of_an_order",
            ),
        ]

        triggers = [
            # Whoever could swap codes could hand out one that is worth more.
            unchanging(
                "a_code_stays_the_code_it_is",
                *("public_id", "storefront", "pool", "code", "fingerprint", "last_4", "created_at"),
            )
        ]

    def __str__(self):
        return f"…{self.last_4}"

    @property
    def ends_at(self):
        """When its time is over, or None. A reward may be given more time, and its code with it."""
        return self.reward.expires_at if self.reward_id else self.expires_at


class CouponUse(models.Model):
    """What one order took of a gift card, or that it used a coupon. Uses told by calls are no rows."""

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="uses", db_index=False)
    # The order, by its public id.
    order = models.UUIDField()
    amount_minor = MinorField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["coupon", "order"], name="an_order_uses_a_coupon_once"),
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="no_order_uses_less_than_nothing"),
        ]
        # Used by: what further cards of an order pay.
        indexes = [models.Index(fields=["order"], name="coupon_uses_of_an_order")]
        triggers = append_only("coupon_uses")

    def __str__(self):
        return f"{self.coupon} in {self.order}"
