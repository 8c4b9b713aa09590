"""What the world is told of claims, and what remains of them when somebody is erased."""

from django.db.models import Q

from advocacy.outbox.record import Draft, record
from advocacy.privacy import digest_of
from referrals.models import Claim


def tell(claim, event_type, *, at):
    facts = {
        "named_by": str(claim.named_by),
        "found": bool(claim.order_id or claim.friend_id),
        "state": str(claim.state),
        "refusal": claim.refusal,
        "claimed_at": claim.claimed_at.isoformat(),
        "decide_by": claim.decide_by.isoformat(),
        "referral": str(claim.referral.public_id) if claim.referral else None,
    }
    told = Draft(
        type=event_type,
        subject=claim,
        storefront=claim.storefront_id,
        customer=claim.advocate.customer,
        program=claim.program,
        advocate=claim.advocate,
        friend=claim.friend,
        facts=facts,
        occurred_at=at,
    )
    record([told], at=at)


def forget_decided(*, before, at):
    """Delete the claims that were decided before then; what they led to stays."""
    Claim.objects.filter(decided_at__lt=before).delete()


def forget(*, customer):
    """Delete the claims by and about this customer; what one led to is a bond, and stays."""
    about = Q(advocate__customer=customer) | Q(friend=customer) | Q(order__customer=customer)
    if customer.email_key:
        about |= Q(storefront=customer.storefront_id, digest=digest_of(customer.storefront, customer.email_key))
    Claim.objects.filter(about).delete()
