"""What rewards keep of a person: all amounts stay; free words go, and whom nothing was ever paid to."""

import pgtrigger
from django.db.models import Q

from advocacy.models import Errand
from advocacy.privacy.exporting import rows
from rewards import adjustments
from rewards.models import (
    Account,
    Adjustment,
    BatchState,
    Coupon,
    Payee,
    PayeeChange,
    Payout,
    PayoutState,
    Redemption,
    Reward,
    ShopCredit,
)
from rewards.payouts import batches

# When an advocate's reward is due tells when the friend ordered.
_REWARD = ("side", "form", "status", "unit", "granted_minor", "available_minor", "created_at", "expires_at")
_ADJUSTMENT = ("kind", "form", "unit", "amount_minor", "reason", "made_at")
_REDEMPTION = ("state", "form", "unit", "amount_minor", "order_external_id", "reserved_at")
_COUPON = ("last_4", "state", "assigned_at", "expires_at", "used_at")
_PAYEE = ("name", "country", "kind", "vat_id", "tax_form_since", "destination_kind", "destination_end")
_ERASED = "The customer was erased"
_PAYOUT = ("state", "amount_minor", "currency", "payee_name", "payee_country", "payee_vat_id", "destination_end")


def told(customer):
    me = {"customer": customer}
    return {
        "rewards": rows(Reward.objects.filter(recipient=customer), *_REWARD),
        "balances": rows(Account.objects.filter(**me), "unit", "form", "kind", "balance_minor"),
        "adjustments": rows(Adjustment.objects.filter(**me), *_ADJUSTMENT),
        "redemptions": rows(Redemption.objects.filter(**me), *_REDEMPTION),
        "coupons": rows(Coupon.objects.filter(**me), *_COUPON),
        "credit_in_shops": rows(ShopCredit.objects.filter(**me), "unit", "given_minor"),
        "payee": rows(Payee.objects.filter(**me), *_PAYEE),
        "payouts": rows(Payout.objects.filter(**me), *_PAYOUT, "made_at", "paid_at"),
    }


def erase(customer, *, at):
    _erase_errands(customer)
    # The register says who decided and how much; the words were about the person.
    with pgtrigger.ignore("rewards.Adjustment:adjustments_are_append_only"):
        Adjustment.objects.filter(customer=customer).update(reason=adjustments.ERASED)
    if _is_kept_with_the_books(customer, at):
        # Whom money was paid to, and where, must be kept with the books for as long as the law says.
        return
    with pgtrigger.ignore("rewards.PayeeChange:payee_changes_are_append_only"):
        PayeeChange.objects.filter(payee__customer=customer).delete()
    Payee.objects.filter(customer=customer).delete()


def _is_kept_with_the_books(customer, at):
    """Whether anything was paid, or leaves by a batch that was approved. What only a draft holds is given back."""
    mine = Payout.objects.filter(customer=customer)
    for payout in mine.filter(state=PayoutState.FROZEN, batch__state=BatchState.DRAFT).select_related("batch"):
        batches.drop(payout=payout, reason=_ERASED, at=at)
    if mine.filter(Q(state=PayoutState.FROZEN) | Q(sent_at__isnull=False)).exists():
        return True
    named = {"payee_name": "", "payee_country": "", "payee_vat_id": "", "destination_end": ""}
    mine.update(**named, destination=None, destination_print=None)
    return False


def _erase_errands(customer):
    """What shops answered when they were asked for this person's credit and codes."""
    about = [customer.public_id, *Coupon.objects.filter(customer=customer).values_list("public_id", flat=True)]
    Errand.objects.filter(storefront=customer.storefront_id, subject__in=about).update(outcome="", failure="")
