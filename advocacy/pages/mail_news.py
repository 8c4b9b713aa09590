"""``POST /mails/news``: what a mail service tells of addresses, signed by Standard Webhooks.

{"events": [{"type": "bounced", "email": "fred@example.com"}, {"type": "complained", "email": "…"}]}
"""

import json

from django.conf import settings
from django.http import Http404, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from advocacy import given
from advocacy.mails import stopping
from advocacy.models import SuppressionReason
from advocacy.refusals import Refused

MOST = 1000
_TOLD = {"bounced": SuppressionReason.BOUNCED, "complained": SuppressionReason.COMPLAINED}


@csrf_exempt
@require_POST
def hear(request):
    """Each address is written to no more by any storefront that knows it; told again it changes nothing."""
    if not settings.MAIL_NEWS_SECRET:
        raise Http404
    if not _is_signed(request):
        return _answer(401, "bad_signature", "The signature is not of MAIL_NEWS_SECRET, or older than five minutes.")
    try:
        told = _events(json.loads(request.body))
    except (ValueError, RecursionError):
        return _answer(400, "invalid_json", "The body must be JSON.")
    except Refused as refused:
        return _answer(422, refused.code, refused.message)
    at = timezone.now()
    for address, reason in told:
        stopping.stop_everywhere(address=address, reason=reason, at=at)
    return JsonResponse({"taken": len(told)})


def _is_signed(request):
    try:
        Webhook(settings.MAIL_NEWS_SECRET).verify(request.body, dict(request.headers.items()), json_parse=False)
    except (WebhookVerificationError, ValueError, OverflowError):  # also of what is no signature at all
        return False
    return True


def _events(said):
    """``[(address, reason)]``, all or none."""
    given.known(said, ("events",))
    events = said.get("events")
    if not isinstance(events, list) or not 0 < len(events) <= MOST:
        given.refuse("events", f"events must be a list of 1 to {MOST}.")
    return [_event(each) for each in events]


def _event(said):
    given.known(said, ("type", "email"))
    if said.get("type") not in _TOLD:
        given.refuse("type", f"type must be one of: {', '.join(_TOLD)}; of bounces tell those that are for good.")
    return given.email("email", said.get("email")), _TOLD[said["type"]]


def _answer(status, code, sentence):
    return JsonResponse({"code": code, "detail": sentence}, status=status)
