"""What the events of a conversion say: its whole state, of which a part is frozen when it is recorded."""

from advocacy import metadata
from referrals import lines
from referrals.attribution.candidates import earlier_orders
from referrals.models import OrderStatus

# Reasons of a review that are keys, because nobody but us writes them.
BECAUSE = ("self_referral", "attributed_to_other", "existing_customer")

# What no check holds says of the checks; those that hold it say otherwise.
UNSUSPECTED = {"risk_points": 0, "risk_checks": []}


def frozen(*, order, referral, converted_at, earlier=None):
    """What never changes after a conversion is recorded, however late somebody looks: kept with it.

    ``earlier``: this order made the referral, and its friend had placed so many before.
    """
    advocate, friend, first = referral.advocate.customer, referral.friend, None
    if earlier is None:
        first = referral.conversions.order_by("sequence").values_list("converted_at", "frozen").first()
        earlier = earlier_orders(customer=friend, occurred_at=order.placed_at, order=order)
    return {
        "first_order_at": (first[0] if first else converted_at).isoformat(),
        "earlier_orders": earlier,
        "new_customer": first[1]["new_customer"] if first else _was_new(order, referral, earlier),
        "advocate_segments": advocate.segments,
        "friend_segments": friend.segments,
        "advocate_tier": advocate.tier,
        "friend_tier": friend.tier,
        "metadata": metadata.kept(
            storefront=order.storefront_id, said=order.metadata, keys=referral.program.metadata_keys
        ),
    }


def _was_new(order, referral, earlier):
    if referral.bound_at == order.placed_at:
        return earlier == 0
    return earlier_orders(customer=referral.friend, occurred_at=referral.bound_at, order=order) == 0


def of(conversion, *, cancelled, friends_change, refunds=None):
    """All facts of a conversion in its present state; ``referrals.events`` says what each means.

    ``refunds``: those of its order that count, where the caller knows them.
    """
    order, referral = conversion.order, conversion.referral
    return {
        "order": str(order.public_id),
        "sequence": conversion.sequence,
        "converted_at": conversion.converted_at.isoformat(),
        "bound_at": referral.bound_at.isoformat(),
        "channel": referral.channel,
        "method": referral.method,
        "days_since_signup": max((order.placed_at - referral.bound_at).days, 0),
        **_of_order(order, refunds),
        "cancelled": cancelled,
        "advocate_review": str(conversion.advocate_review),
        "friend_review": str(conversion.friend_review),
        "rejected_because": conversion.review_reason if conversion.review_reason in BECAUSE else "",
        "advocate_status": str(conversion.advocate_status),
        "program_status": str(conversion.program_status),
        **UNSUSPECTED | conversion.frozen,
        "stands": conversion.stands,
        "friends_change": friends_change,
    }


def _of_order(order, refunds):
    if refunds is None:
        refunds = order.refunds.counted().values_list("amount_minor", "products") if order.products else ()
    return {
        "placed_at": order.placed_at.isoformat(),
        "paid_at": _moment(order.paid_at),
        "shipped_at": _moment(order.shipped_at),
        "delivered_at": _moment(order.delivered_at),
        "digital": lines.is_digital(order.products),
        "currency": order.currency,
        "basis_minor": order.total_minor,
        # An order that is paid no longer counts like one that was given back wholly.
        "refunded_minor": order.refunded_minor if order.status == OrderStatus.PAID else order.total_minor,
        "goods_minor": order.subtotal_minor,
        "revenue_minor": order.revenue_minor,
        "products": lines.facts(order, refunds),
        "coupon_codes": order.coupons_used,
        "country": order.country,
    }


def _moment(value):
    return value.isoformat() if value else None
