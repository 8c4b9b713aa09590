"""``POST /mails/service``: news of the mail service that MAIL_SERVICE names, as it sends them itself.

django-anymail reads them; it also checks name and password, and the signature of services that sign.
"""

import logging

from anymail import signals
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from advocacy.mails import news
from advocacy.models import MailOutcome

log = logging.getLogger(__name__)
_OUTCOMES = {
    signals.EventType.DELIVERED: MailOutcome.DELIVERED,
    # That somebody read it is nobody's business; that it came is what we take of it.
    signals.EventType.OPENED: MailOutcome.DELIVERED,
    signals.EventType.CLICKED: MailOutcome.DELIVERED,
    signals.EventType.COMPLAINED: MailOutcome.COMPLAINED,
}
_TURNED_AWAY = {signals.EventType.BOUNCED, signals.EventType.REJECTED, signals.EventType.FAILED}
_OF_REASONS = {
    signals.RejectReason.BOUNCED: MailOutcome.BOUNCED,
    signals.RejectReason.INVALID: MailOutcome.BOUNCED,
    signals.RejectReason.SPAM: MailOutcome.COMPLAINED,
}


@csrf_exempt
def hear(request):
    """400 for who does not know name and password, and for what is no news of that service."""
    view = _view()
    if view is None or not settings.MAIL_SERVICE_SECRET:
        raise Http404
    try:
        return view(request)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        log.exception("News of the mail service cannot be read.")
        return HttpResponse(status=400)


def _view():
    from anymail import urls as services  # noqa: PLC0415 - the views of all services, of which one is asked for

    name = f"{settings.MAIL_SERVICE}_tracking_webhook"
    return next((route.callback for route in services.urlpatterns if route.name == name), None)


@receiver(signals.tracking, dispatch_uid="what mail services tell")
def heard(*, event, **_):
    told = {"address": _sayable(event.recipient), "name": _name(event), "at": timezone.now()}
    if event.event_type == signals.EventType.UNSUBSCRIBED:
        news.unsubscribed(**told)
    elif outcome := _outcome(event):
        news.hear(outcome=outcome, **told)


def _outcome(event):
    if event.event_type in _TURNED_AWAY:
        return _OF_REASONS.get(event.reject_reason, MailOutcome.REJECTED)
    return _OUTCOMES.get(event.event_type)


def _name(event):
    return _sayable((event.metadata or {}).get("mail"))


def _sayable(text):
    """As it is told; nothing where it cannot be what we wrote to."""
    return text if isinstance(text, str) and "\0" not in text else ""
