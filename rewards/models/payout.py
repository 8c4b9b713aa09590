from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format

from advocacy import ids
from advocacy.models import Customer, Storefront
from advocacy.models.columns import (
    FingerprintField,
    MinorField,
    PublicIdField,
    SealedField,
    UnitField,
    one_of,
    unchanging,
)
from rewards.models.payout_policy import PayoutKind, PayoutPolicy


class BatchState(models.TextChoices):
    DRAFT = "draft", "Draft"  # its money is frozen; nothing leaves
    APPROVED = "approved", "Approved"  # may be exported
    EXPORTED = "exported", "Sent to be paid"  # results are awaited
    SETTLED = "settled", "Settled"  # every payout has its result
    CANCELLED = "cancelled", "Cancelled"  # all was given back


_KINDS = {PayoutKind.MANUAL: "manual", PayoutKind.SEPA: "SEPA", PayoutKind.GIFT_CARD: "gift cards"}


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
        zone = ZoneInfo((self.policy.program or self.storefront).time_zone)
        day = self.scheduled_for or timezone.localtime(self.made_at, zone)
        return f"Batch of {date_format(day, 'j F Y')}, {_KINDS[self.kind]}, {self.currency}"

    @property
    def api_id(self):
        """Its name for the API, files and banks."""
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
            # Used by: alerts, of those that failed or came back lately.
            models.Index(
                fields=["ended_at"],
                condition=models.Q(state__in=["failed", "returned"]),
                name="payouts_that_failed",
            ),
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
