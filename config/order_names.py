"""The storefront's own name of the order that an event is about, for webhooks."""

from referrals.models import Order

# Whose fact "order" is one of our ids.
_NAMED_BY_FACT = {"conversion", "coupon"}


def of_event(event):
    """``external_id`` of the order; None where the event is about none."""
    public_id = event.subject_id if event.subject_kind == "order" else None
    if event.subject_kind in _NAMED_BY_FACT:
        public_id = event.facts.get("order")
    mine = Order.objects.filter(storefront_id=event.storefront_id, public_id=public_id)
    return mine.values_list("external_id", flat=True).first() if public_id else None
