from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from advocacy.models import Program, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, at_least, one_of
from advocacy.money import CURRENCIES
from rewards import bank
from rewards.models.coupon_pool import CouponPool, PoolKind

_LAST_DAY_OF_WEEK, _LAST_DAY_OF_MONTH = 7, 28


class PayoutKind(models.TextChoices):
    """How money leaves; each has a line in ``rewards.payouts.kinds``."""

    MANUAL = "manual", "By hand, from a list (CSV)"
    SEPA = "sepa", "Bank file (SEPA credit transfer)"
    GIFT_CARD = "gift_card", "Gift cards, by codes from a pool"


class PayoutSchedule(models.TextChoices):
    MANUAL = "manual", "When somebody asks"
    WEEKLY = "weekly", "Every week"
    MONTHLY = "monthly", "Every month"


class PayoutPolicy(models.Model):
    """How the cash of a storefront, or of one of its programs, is paid out in a currency."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="payout_policies", db_index=False)
    program = models.ForeignKey(
        Program,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="payout_policies",
        help_text="Empty: all programs of the storefront that have no policy of their own.",
    )
    currency = UnitField(default="EUR", help_text="ISO 4217, such as EUR.")
    kind = models.CharField(max_length=10, choices=PayoutKind, default=PayoutKind.MANUAL)
    pool = models.ForeignKey(
        CouponPool,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payout_policies",
        help_text="For gift cards: where the codes come from. Each payout is one card of the pool’s amount; what "
        "somebody has above it waits for the next payout.",
    )
    minimum_minor = MinorField("Minimum", default=1000, help_text="Nobody is paid less than this at once.")
    schedule = models.CharField(max_length=10, choices=PayoutSchedule, default=PayoutSchedule.MANUAL)
    day = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(_LAST_DAY_OF_MONTH)],
        help_text="Of the week (1 is Monday, 7 Sunday) or of the month (1 to 28), in the storefront’s time zone.",
    )
    four_eyes_above_minor = MinorField(
        "Second person above",
        default=0,
        help_text="A batch whose total is above this is approved by somebody else than its maker.",
    )
    payer_name = models.CharField(max_length=70, blank=True, help_text="For bank files: the account’s holder.")
    payer_iban = models.CharField(
        "payer IBAN", max_length=42, blank=True, help_text="For bank files: the account that pays."
    )
    # The newest day of the schedule that was looked at; only later ones make a batch.
    seen_day = models.DateField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "payout policies"
        ordering = ["storefront", "currency", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "program", "currency"],
                nulls_distinct=False,
                name="a_currency_has_one_payout_policy",
                violation_error_message="There is a policy for that currency and program already.",
            ),
            one_of("kind", PayoutKind, name="a_policy_has_a_known_kind"),
            one_of("schedule", PayoutSchedule, name="a_policy_has_a_known_schedule"),
            at_least("minimum_minor", 1, name="a_minimum_payout_is_above_0", message="A minimum is above 0."),
            at_least(
                "four_eyes_above_minor", 0, name="a_four_eyes_limit_is_not_negative", message="A limit is 0 or more."
            ),
        ]

    def __str__(self):
        return f"{self.program or self.storefront}, {self.currency}"

    def clean(self):
        problems = {}
        if self.currency not in CURRENCIES:
            problems["currency"] = "Write a currency in capitals, such as EUR."
        if self.program_id and self.storefront_id and self.program.storefront_id != self.storefront_id:
            problems["program"] = "This program is another storefront’s."
        if self.schedule == PayoutSchedule.WEEKLY and self.day and self.day > _LAST_DAY_OF_WEEK:
            problems["day"] = "A week has the days 1 (Monday) to 7 (Sunday)."
        if problems := problems | self._of_its_kind():
            raise ValidationError(problems)

    def _of_its_kind(self):
        problems = {}
        if self.kind == PayoutKind.SEPA:
            try:
                self.payer_iban = bank.iban(self.payer_iban)
            except bank.BadIban as bad:
                problems["payer_iban"] = str(bad)
            problems |= self._of_payer()
            if self.currency != "EUR":
                problems["kind"] = "SEPA transfers are in EUR only; choose “by hand” for other currencies."
        if self.kind == PayoutKind.GIFT_CARD:
            problem = self._of_pool()
            problems |= {"pool": problem} if problem else {}
        else:
            self.pool = None
        return problems

    def _of_payer(self):
        if not self.payer_name:
            return {"payer_name": "A bank file names who pays."}
        try:
            bank.holder(self.payer_name)
        except bank.BadName as bad:
            return {"payer_name": str(bad)}
        return {}

    def _of_pool(self):
        pool = self.pool
        if pool is None:
            return "Choose the pool of gift cards that the codes are taken from."
        if pool.storefront_id != self.storefront_id or (self.program_id and pool.program_id != self.program_id):
            return "This pool is of another program."
        if pool.kind != PoolKind.GIFT_CARD:
            return f"“{pool.name}” holds coupons; choose a pool of gift cards."
        if pool.currency != self.currency:
            return f"The cards of “{pool.name}” are in {pool.currency}, and this policy pays {self.currency}."
        return ""
