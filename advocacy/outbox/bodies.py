"""What a webhook says: made when it is sent, from rows as they are then, so that whoever was erased is in none.

Facts and ids only. An event's facts are its subject's whole state at ``resource_version``: of two webhooks about one
subject the higher one is right, in whatever order they arrive.
"""

import uuid
from datetime import UTC

import orjson
from django.conf import settings
from django.utils.module_loading import import_string

from advocacy import ids

# Facts that are ids but are not called by their kind.
_KINDS = {
    "survivor": "customer",
    "merged": "customer",
    "pool": "coupon_pool",
    "undoes": "adjustment",
    "mistaken_version": "rule_version",
    "corrected_version": "rule_version",
    "corrects": "rule_version",
}
# Where "order" is the storefront's own id.
_OWN_ORDERS = "redemption"


def of(delivery):
    """The body of a delivery, as bytes; its event has customer, program, advocate and friend selected."""
    told = _event(delivery.event) if delivery.event_id else example(delivery.test_type) | {"id": str(delivery)}
    return orjson.dumps(told)


def message_id(delivery):
    """The same on every try, so that a receiver that has seen it can pass over it."""
    event = delivery.event
    return ids.encode(ids.PREFIXES["event"], event.public_id) if event else str(delivery)


def facts_of(event):
    """Facts keep ids as plain UUIDs; the world knows them with their prefix."""
    return {name: _shown(event, name, value) for name, value in event.facts.items()}


def subject_of(event):
    return ids.encode(ids.PREFIXES[event.subject_kind], event.subject_id)


def example(name):
    """What a test of this type says."""
    return import_string(settings.EVENT_EXAMPLES)(name)


def _event(event):
    return {
        "id": ids.encode(ids.PREFIXES["event"], event.public_id),
        "type": event.type,
        "created_at": _moment(event.recorded_at),
        "occurred_at": _moment(event.occurred_at),
        "resource_version": event.version,
        "mode": "test" if event.storefront.test_twin_of_id else "live",
        "data": {
            "subject": subject_of(event),
            "customer": _person(event.customer),
            "program": _id("program", event.program),
            "advocate": _advocate(event.advocate),
            "friend": _person(event.friend),
            "order_external_id": import_string(settings.ORDER_NAMES)(event),
            "facts": facts_of(event),
        },
    }


def _person(customer):
    return customer and {"id": _id("customer", customer), "external_id": customer.external_id}


def _advocate(advocate):
    person = advocate and advocate.customer
    return advocate and {
        "id": _id("advocate", advocate),
        "customer": _id("customer", person),
        "external_id": person.external_id,
    }


def _id(kind, row):
    return row and ids.encode(ids.PREFIXES[kind], row.public_id)


def _moment(value):
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _shown(event, name, value):
    kind = event.facts.get("subject_kind") if name == "subject" else _KINDS.get(name, name)
    if kind not in ids.PREFIXES or not isinstance(value, str) or (kind, event.subject_kind) == ("order", _OWN_ORDERS):
        return value
    try:
        return ids.encode(ids.PREFIXES[kind], uuid.UUID(value))
    except ValueError:
        return value
