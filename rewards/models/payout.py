import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from advocacy import ids
from advocacy.models import Customer, Program, Storefront
from advocacy.models.columns import (
    FingerprintField,
    MinorField,
    PublicIdField,
    SealedField,
    UnitField,
    at_least,
    one_of,
    unchanging,
)
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


class BatchState(models.TextChoices):
    DRAFT = "draft", "Draft"  # its money is frozen; nothing leaves
    APPROVED = "approved", "Approved"  # may be exported
    EXPORTED = "exported", "Sent to be paid"  # results are awaited
    SETTLED = "settled", "Settled"  # every payout has its result
    CANCELLED = "cancelled", "Cancelled"  # all was given back


class PayoutBatch(models.Model):
    """Payouts that are approved and sent together."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="payout_batches", db_index=False)
    policy = models.ForeignKey(PayoutPolicy, models.PROTECT, related_name="batches", db_index=False)
    currency = UnitField()
    kind = models.CharField(max_length=10, choices=PayoutKind)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.DRAFT)
    total_minor = MinorField()
    payouts_count = models.PositiveIntegerField("Paid to")
    waiting_count = models.PositiveIntegerField("Waiting")
    needs_second = models.BooleanField(help_text="Its total is above the limit: two people approve it.")
    # None: the schedule or the API made it; above the limit two people approve it then.
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    scheduled_for = models.DateField(null=True)
    first_approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When it was settled or cancelled.")

    class Meta:
        verbose_name_plural = "payout batches"
        constraints = [
            one_of("state", BatchState, name="a_batch_has_a_known_state"),
            one_of("kind", PayoutKind, name="a_batch_has_a_known_kind"),
            models.UniqueConstraint(fields=["policy", "scheduled_for"], name="a_schedule_makes_one_batch_a_day"),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "cancelled"])
                | models.Q(needs_second=False)
                | (
                    models.Q(approved_by__isnull=False)
                    & (models.Q(made_by__isnull=False) | models.Q(first_approved_by__isnull=False))
                    & (models.Q(made_by__isnull=True) | ~models.Q(made_by=models.F("approved_by")))
                    & (models.Q(first_approved_by__isnull=True) | ~models.Q(first_approved_by=models.F("approved_by")))
                ),
                name="above_the_limit_two_people_approve",
                violation_error_message="Somebody else than its maker must approve this batch.",
            ),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="batches_newest_first")]
        triggers = [
            # Who could change these could pass the second person by one statement.
            pgtrigger.Trigger(
                name="a_batch_keeps_whose_approval_it_needs",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF OLD.needs_second AND NOT NEW.needs_second THEN
                        RAISE EXCEPTION 'A batch that needs two people goes on needing them.';
                    END IF;
                    IF (NEW.policy_id, NEW.made_by_id) IS DISTINCT FROM (OLD.policy_id, OLD.made_by_id) THEN
                        RAISE EXCEPTION 'Who made a batch, and by which policy, stays.';
                    END IF;
                    IF OLD.first_approved_by_id IS NOT NULL
                            AND NEW.first_approved_by_id IS DISTINCT FROM OLD.first_approved_by_id
                        OR OLD.state <> 'draft' AND (NEW.first_approved_by_id, NEW.approved_by_id, NEW.approved_at)
                            IS DISTINCT FROM (OLD.first_approved_by_id, OLD.approved_by_id, OLD.approved_at) THEN
                        RAISE EXCEPTION 'Who approved a batch stays.';
                    END IF;
                    IF OLD.state = 'draft' AND NEW.state NOT IN ('draft', 'approved', 'cancelled')
                        OR OLD.state <> 'draft' AND NEW.state = 'draft' THEN
                        RAISE EXCEPTION 'A draft is approved, or cancelled; it is a draft once.';
                    END IF;
                    IF OLD.state = 'draft' AND NEW.state = 'approved' AND NEW.needs_second
                        AND NEW.made_by_id IS NULL AND OLD.first_approved_by_id IS NULL THEN
                        RAISE EXCEPTION 'The first approval of a batch is written down before the second is given.';
                    END IF;
                    RETURN NEW;
                """,
            ),
            unchanging(
                "a_batch_stays_what_it_pays",
                *("public_id", "storefront", "currency", "kind", "made_at", "scheduled_for"),
            ),
        ]

    def __str__(self):
        return ids.encode(ids.PREFIXES["payout_batch"], self.public_id)


class PayoutState(models.TextChoices):
    WAITING = "waiting", "Waits"  # nothing is frozen; waits_for says why
    FROZEN = "frozen", "Frozen"  # in a batch that was not sent yet
    SENT = "sent", "Sent"  # its result is awaited
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"  # given back
    CANCELLED = "cancelled", "Cancelled"  # given back
    RETURNED = "returned", "Returned by the bank"  # was paid; given back


# What is on its way or has arrived: counted in yearly totals.
COUNTED = (PayoutState.FROZEN, PayoutState.SENT, PayoutState.PAID)


class Payout(models.Model):
    """Money for one customer in a batch, or why they get none in it."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="payouts", db_index=False)
    batch = models.ForeignKey(PayoutBatch, models.PROTECT, related_name="payouts", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payouts", db_index=False)
    amount_minor = MinorField()
    currency = UnitField()
    number = models.PositiveBigIntegerField(null=True, help_text="Without gaps in its storefront; names its statement.")
    state = models.CharField(max_length=10, choices=PayoutState)
    waits_for = models.CharField(max_length=30, blank=True, help_text="A reason key.")
    # What the reason was decided by: {"threshold": …, "input": …} in minor units.
    numbers = models.JSONField(default=dict)
    # As they were when it was frozen: what is changed later is for the next payout.
    payee_name = models.CharField(max_length=140, blank=True)
    payee_country = models.CharField(max_length=2, blank=True)
    payee_vat_id = models.CharField(max_length=20, blank=True)
    destination = SealedField(null=True, editable=False)
    # Used by: the audit, which compares it with the register of payees.
    destination_print = FingerprintField(of="destination", null=True)
    destination_end = models.CharField("Account ends in", max_length=4, blank=True)
    reference = models.CharField(max_length=140, blank=True, help_text="Whoever paid it calls it so.")
    failure = models.CharField(max_length=200, blank=True, help_text="Why it failed, in words.")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When it failed, was cancelled or returned.")
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "number"], name="a_payout_number_is_used_once"),
            models.UniqueConstraint(fields=["batch", "customer"], name="a_batch_pays_a_customer_once"),
            one_of("state", PayoutState, name="a_payout_has_a_known_state"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", number__isnull=True) & ~models.Q(waits_for="")
                | ~models.Q(state="waiting") & models.Q(number__isnull=False, amount_minor__gt=0),
                name="a_payout_waits_for_something_or_has_a_number",
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="payouts_newest_first"),
            # Used by: yearly totals, the portal.
            models.Index(fields=["customer", "-id"], name="payouts_of_a_customer"),
        ]
        triggers = [
            unchanging("a_payout_stays_in_its_batch", "public_id", "storefront", "batch", "currency", "made_at"),
            unchanging("a_payout_stays_what_was_frozen", "amount_minor", "number", while_="OLD.state <> 'waiting'"),
            # Yearly totals and statements are by these.
            unchanging("a_payout_was_paid_when_it_was_paid", "paid_at", while_="OLD.paid_at IS NOT NULL"),
            unchanging("a_payout_was_sent_when_it_was_sent", "sent_at", while_="OLD.sent_at IS NOT NULL"),
        ]

    def __str__(self):
        return f"No. {self.number}" if self.number else f"Waiting: {self.customer}"
