"""A storefront's endpoints: made, changed, their secrets replaced without a gap, disabled and enabled again."""

import base64
import os
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from advocacy import outbound, secrets
from advocacy.models import Delivery, DeliveryState, EndpointStatus, WebhookEndpoint
from advocacy.outbox.catalogue import TYPES
from advocacy.refusals import Conflict, Refused

LONGEST_OVERLAP = timedelta(days=30)
# Each is looked at whenever a delivery is chosen.
MOST = 50
_SECRET_BYTES = 32
_BEGINNING = "whsec_"


def create(*, storefront, url, at, description="", event_types=(), alert_kinds=()):
    """``(endpoint, whether it is new)``; the endpoint of that address where it was made with the same fields before.

    ``alert_kinds``: names that ``alerts.kinds`` knows. Raises Conflict ("idempotency_conflict") where it was made with
    others, and Refused for what cannot be called.
    """
    outbound.checked_address(url)
    event_types, alert_kinds = checked_types(event_types), sorted(set(alert_kinds))
    chosen = {"description": description, "event_types": event_types, "alert_kinds": alert_kinds}
    made = chosen | {"secret": secrets.seal(_new()), "created_at": at}
    if WebhookEndpoint.objects.filter(storefront=storefront, removed_at=None).exclude(url=url).count() >= MOST:
        raise Refused("too_many_endpoints", f"A storefront has at most {MOST} endpoints; remove one first.")
    endpoint, new = WebhookEndpoint.objects.get_or_create(
        storefront=storefront, url=url, removed_at=None, defaults=made
    )
    if not new and chosen != {name: getattr(endpoint, name) for name in chosen}:
        raise Conflict(
            "idempotency_conflict", "This address is an endpoint already, with other fields; change it with PATCH."
        )
    return endpoint, new


def change(*, endpoint, **fields):
    """Change ``url``, ``description``, ``event_types``, ``alert_kinds``: those that are given."""
    if "url" in fields:
        outbound.checked_address(fields["url"])
    if "event_types" in fields:
        fields["event_types"] = checked_types(fields["event_types"])
    if "alert_kinds" in fields:
        fields["alert_kinds"] = sorted(set(fields["alert_kinds"]))
    if fields.get("url", endpoint.url) != endpoint.url:
        # Another server: what the one before did says nothing of it.
        fields |= {"failing_since": None, "troubled": False}
    for name, value in fields.items():
        setattr(endpoint, name, value)
    try:
        with transaction.atomic():
            endpoint.save(update_fields=list(fields))
    except IntegrityError as error:
        raise Conflict("endpoint_exists", "Another endpoint of this storefront has this address.") from error
    return endpoint


def checked_types(names):
    """The types, sorted and each once; refuses what the catalogue does not have."""
    unknown = sorted(set(names) - set(TYPES))
    if unknown:
        problem = f"{unknown[0][:60]!a} is no event type; the page of events (docs/events.md) lists them all."
        raise Refused("unknown_event_type", problem, errors={"event_types": problem})
    return sorted(set(names))


@sensitive_variables()
def signing_secrets(endpoint, *, at):
    """The secrets that sign a message now, the newest first."""
    sealed = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_secret_until > at:
        sealed.append(endpoint.previous_secret)
    return [secrets.open(each) for each in sealed]


def rotate(*, endpoint, at, overlap=timedelta(days=1)):
    """A new secret; the one before signs beside it for ``overlap`` longer. Returns the endpoint."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("overlap_too_long", "Both secrets can sign side by side for at most 30 days.")
    with transaction.atomic():
        endpoint = _locked(endpoint)
        endpoint.previous_secret, endpoint.previous_secret_until = endpoint.secret, at + overlap
        endpoint.secret = secrets.seal(_new())
        endpoint.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    return endpoint


def disable(*, endpoint, reason, at, notice=False):
    """Nothing is sent to it any more, and what waits is cancelled. ``notice``: its owners must be told, by an alert."""
    with transaction.atomic():
        endpoint = _locked(endpoint)
        if endpoint.status == EndpointStatus.ACTIVE:
            endpoint.status, endpoint.disabled_reason = EndpointStatus.DISABLED, reason[:300]
            endpoint.disabled_at, endpoint.notice_due = at, notice
            endpoint.save(update_fields=["status", "disabled_reason", "disabled_at", "notice_due"])
            cancel_waiting(at=at, endpoints=[endpoint.pk])
    return endpoint


def enable(*, endpoint):
    """Send to it again what happens from now on; what it missed can be replayed."""
    with transaction.atomic():
        endpoint = _locked(endpoint)
        endpoint.status, endpoint.disabled_reason, endpoint.disabled_at = EndpointStatus.ACTIVE, "", None
        endpoint.failing_since, endpoint.notice_due, endpoint.troubled = None, False, False
        changed = ["status", "disabled_reason", "disabled_at", "failing_since", "notice_due", "troubled"]
        endpoint.save(update_fields=changed)
    return endpoint


def remove(*, endpoint, at):
    """Take it away; its deliveries stay to be read."""
    with transaction.atomic():
        endpoint = disable(endpoint=endpoint, reason="Removed.", at=at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(removed_at=at, notice_due=False)
        cancel_waiting(at=at, endpoints=[endpoint.pk])


def cancel_waiting(*, at, endpoints):
    """Cancel what waits for these endpoints, tests only of those that were removed; returns how many."""
    waiting = Delivery.objects.filter(endpoint__in=endpoints, state=DeliveryState.PENDING)
    waiting = waiting.filter(Q(event__isnull=False) | Q(endpoint__removed_at__isnull=False))
    return waiting.update(state=DeliveryState.CANCELLED, next_attempt_at=None, claimed_until=None, ended_at=at)


def cancel_left(*, at):
    """Cancel what was made for an endpoint at the very moment it was disabled; returns how many."""
    over = WebhookEndpoint.objects.filter(status=EndpointStatus.DISABLED, deliveries__state=DeliveryState.PENDING)
    endpoints = list(over.values_list("pk", flat=True).distinct())
    return cancel_waiting(at=at, endpoints=endpoints) if endpoints else 0


def _locked(endpoint):
    """The row as it is now. Whoever locks an endpoint and deliveries locks the endpoint first."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",)).select_related("storefront")
    return rows.get(pk=endpoint.pk)


def _new():
    return _BEGINNING + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()
