from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from advocacy import money
from advocacy.models import Connection, Program, Storefront
from advocacy.models.columns import MinorField, PublicIdField, SealedField, UnitField, one_of


class PoolKind(models.TextChoices):
    """Which rewards it serves: those of the form of the same name."""

    COUPON = "coupon", "Coupons"  # a discount at a checkout, used once
    GIFT_CARD = "gift_card", "Gift cards"  # an amount, which may be used in parts


class PoolSource(models.TextChoices):
    UPLOADED = "uploaded", "Codes that you upload"  # the shop made them and knows them
    GENERATED = "generated", "Codes made here"  # made one by one when a reward needs one
    IN_SHOP = "in_shop", "Codes made in your shop"  # the same, and through its API the shop takes them
    LINKS = (
        "links",
        "The advocates’ own codes",
    )  # each link's, taken from anybody; no reward has one


THROUGH_A_SHOP = (PoolSource.IN_SHOP, PoolSource.LINKS)


# Five bits a sign: eight of them are as many as a code needs that alone grants something.
SHORTEST_CODE, LONGEST_CODE = 8, 20


class CouponPool(models.Model):
    """A program's stock of codes of one value. A rule's benefit names it by its public id, ``pol_…``."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="coupon_pools")
    program = models.ForeignKey(Program, models.PROTECT, related_name="coupon_pools", db_index=False)
    name = models.CharField(max_length=80, help_text="For you and in explanations, such as “10 euros off, spring”.")
    kind = models.CharField(max_length=10, choices=PoolKind, default=PoolKind.COUPON)
    source = models.CharField(max_length=10, choices=PoolSource, default=PoolSource.UPLOADED)
    amount_minor = MinorField(default=0, validators=[MinValueValidator(0)])
    currency = UnitField(blank=True, help_text="ISO 4217, such as EUR; empty for a percentage.")
    percent_bp = models.PositiveIntegerField(default=0, validators=[MaxValueValidator(money.BASIS_POINTS)])
    connection = models.ForeignKey(
        Connection,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="pools",
        help_text="The shop that takes the codes. They are made there through its API, and ended there while unused.",
    )
    minimum_minor = MinorField(default=0, validators=[MinValueValidator(0)])
    most_uses = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text="How often each advocate’s code may be used in all; by one customer once. Empty: by any number.",
    )
    prefix = models.CharField(
        max_length=12,
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9-]*$", "A prefix is made of A–Z, 0–9 and -.")],
        help_text="Put before each code that is made here, such as FRIEND-.",
    )
    code_length = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(SHORTEST_CODE), MaxValueValidator(LONGEST_CODE)],
        help_text="Random signs after the prefix: 8 to 20.",
    )
    low_stock = models.PositiveIntegerField(default=20, help_text="You are warned when so few codes are left.")
    expiry_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Days that a code is good for after somebody got it. Empty: no end.",
    )
    # Told once, until codes come.
    low_since = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "coupon pool"
        constraints = [
            models.UniqueConstraint(
                fields=["program", "name"],
                name="a_program_names_a_pool_once",
                violation_error_message="The program has a pool of this name already.",
            ),
            one_of("kind", PoolKind, name="a_pool_has_a_known_kind"),
            one_of("source", PoolSource, name="a_pool_has_a_known_source"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, percent_bp=0) & ~models.Q(currency="")
                | models.Q(kind="coupon", amount_minor=0, currency="", percent_bp__gt=0),
                name="a_pool_is_worth_an_amount_or_a_percentage",
                violation_error_message="Say an amount with its currency, or, for coupons, a percentage.",
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=THROUGH_A_SHOP, connection__isnull=False, kind="coupon")
                | ~models.Q(source__in=THROUGH_A_SHOP) & models.Q(connection=None, minimum_minor=0),
                name="codes_that_a_shop_makes_are_coupons_of_a_connection",
                violation_error_message="Coupons can be made in a shop: choose its connection. For other codes choose "
                "none, and no minimum: only the shop that takes a code can ask for one.",
            ),
            models.CheckConstraint(
                condition=models.Q(source="links") | models.Q(most_uses=None),
                name="only_codes_of_links_are_used_more_than_once",
                violation_error_message="A code that a reward gives is used once.",
            ),
            models.UniqueConstraint(
                fields=["program"],
                condition=models.Q(source="links"),
                name="the_links_of_a_program_are_coupons_of_one_pool",
                violation_error_message="The program’s links have a pool already.",
            ),
        ]
        # Used by: the list, newest first.
        indexes = [models.Index(fields=["storefront", "-id"], name="pools_newest_first")]

    def __str__(self):
        return self.name

    @property
    def generates(self):
        return self.source == PoolSource.GENERATED

    @property
    def uploaded(self):
        return self.source == PoolSource.UPLOADED

    @property
    def made_in_shop(self):
        return self.source == PoolSource.IN_SHOP

    @property
    def worth(self):
        """``10.00 EUR`` or ``10 %``."""
        return money.plain(self.amount_minor, self.currency) if self.currency else f"{self.percent_bp / 100:g} %"


class CouponUpload(models.Model):
    """Codes on their way into a pool by a job, sealed; emptied when they are all there."""

    public_id = PublicIdField()
    pool = models.ForeignKey(CouponPool, models.PROTECT, related_name="uploads")
    codes = SealedField(null=True, editable=False)
    created_at = models.DateTimeField()

    def __str__(self):
        return f"Codes for {self.pool}"
