"""``POST /in/<platform>/<con_…>``: where platforms send what happened."""

import json

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from advocacy import ids
from advocacy.api import problems
from advocacy.refusals import NotFound, Refused
from referrals import inbound
from referrals.inbound.receiving import LARGEST


@csrf_exempt
@require_POST
def receive(request, platform, connection):
    try:
        public_id = ids.decode("con", connection)
        if public_id is None:
            raise NotFound("unknown_connection", "There is no active connection of this address.")
        received = inbound.receive(
            platform=platform,
            public_id=public_id,
            # One byte more than is taken tells a body that is too large.
            raw=request.read(LARGEST + 1),
            headers={name.lower(): value for name, value in request.headers.items()},
            at=timezone.now(),
        )
    except Refused as refusal:
        document = problems.document_for(refusal) | {"request_id": request.request_id}
        return HttpResponse(json.dumps(document), status=refusal.status, content_type=problems.CONTENT_TYPE)
    return JsonResponse({"received": True, "replayed": received.replayed})
