"""What the world was told of an order and what came of it: webhooks, each with where it stands."""

from django.db.models import Q

from advocacy import ids
from advocacy.models import Delivery, DeliveryState, Event

MOST = 50


def of(*, storefront, subjects):
    """The deliveries of all events of these subjects, ``[(kind, public id)]``, oldest first; at most ``MOST``."""
    about = Q()
    for kind, public_id in subjects:
        about |= Q(subject_kind=kind, subject_id=public_id)
    events = Event.objects.filter(about, storefront=storefront) if subjects else Event.objects.none()
    rows = Delivery.objects.filter(event__in=list(events.values_list("pk", flat=True)))
    return [_told(row) for row in rows.select_related("event", "endpoint").order_by("pk")[:MOST]]


def _told(row):
    return {
        "id": ids.encode("dlv", row.public_id),
        "type": row.event.type,
        "endpoint": str(row.endpoint),
        "state": row.state,
        "text": row.get_state_display(),
        "tries": row.tries,
        "at": (row.ended_at or row.created_at).isoformat(),
    }


def summed(told):
    """Such as “3 webhooks, all delivered” or “3 webhooks, 1 to be sent”; empty where there are none."""
    if not told:
        return ""
    number = "1 webhook" if len(told) == 1 else f"{len(told)} webhooks"
    others = [each for each in told if each["state"] != DeliveryState.DELIVERED]
    if not others:
        return f"{number}, {'delivered' if len(told) == 1 else 'all delivered'}"
    counted = {}
    for each in others:
        counted[each["text"].lower()] = counted.get(each["text"].lower(), 0) + 1
    return f"{number}, " + ", ".join(f"{count} {text}" for text, count in counted.items())
