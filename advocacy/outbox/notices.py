"""After an endpoint was disabled: its owners are told by mail, and what still waits for it is cancelled."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction

from advocacy.models import DeliveryState, EndpointStatus, WebhookEndpoint
from advocacy.outbox import webhooks

MAY = "advocacy.change_webhookendpoint"
_TEXT = """The webhook endpoint {url} of {storefront} is disabled since {at:%Y-%m-%d %H:%M} UTC.

{reason}

Nothing more is sent to it. Once its server is mended, enable it here and replay what it missed:
{page}
"""


def mail():
    """Tell staff who may change endpoints; how many endpoints. A mail that fails is sent by the next call."""
    told = 0
    due = WebhookEndpoint.objects.filter(notice_due=True)
    for pk in due.order_by("id").values_list("pk", flat=True):
        with transaction.atomic():
            rows = due.select_for_update(skip_locked=True, of=("self",), no_key=True)
            endpoint = rows.select_related("storefront").filter(pk=pk).first()
            if endpoint is None:
                continue
            WebhookEndpoint.objects.filter(pk=pk).update(notice_due=False)
            _send(endpoint)
            told += 1
    return told


def _send(endpoint):
    to = sorted(person.email for person in _owners() if person.email)
    if not to:
        return
    text = _TEXT.format(
        url=endpoint.url,
        storefront=endpoint.storefront,
        at=endpoint.disabled_at,
        reason=endpoint.disabled_reason,
        page=f"{settings.BASE_URL}/admin/advocacy/webhookendpoint/{endpoint.pk}/change/",
    )
    subject = f"A webhook endpoint of {endpoint.storefront} is disabled"
    # Each sees the others: they are colleagues, and see who knows.
    EmailMessage(subject, text, to=to).send()


def _owners():
    people = get_user_model().objects.with_perm(MAY, backend="django.contrib.auth.backends.ModelBackend")
    return people.filter(is_staff=True)


def cancel_left(*, at):
    """Cancel what was made for an endpoint at the very moment it was disabled; returns how many."""
    over = WebhookEndpoint.objects.filter(status=EndpointStatus.DISABLED, deliveries__state=DeliveryState.PENDING)
    endpoints = list(over.values_list("pk", flat=True).distinct())
    return webhooks.cancel_waiting(at=at, endpoints=endpoints) if endpoints else 0
