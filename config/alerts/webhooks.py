"""Endpoints of webhooks that only fail, or that were disabled for it."""

from datetime import timedelta

from django.db.models import Q

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming, EndpointStatus, WebhookEndpoint

_SEES, _MINDS = "advocacy.view_webhookendpoint", "advocacy.change_webhookendpoint"
DISABLED = Kind(
    name="endpoint_disabled",
    label="A webhook endpoint is disabled",
    todo="Nothing more is sent to it. Once its server is mended, enable it and replay what it missed.",
    sees=_SEES,
    minds=_MINDS,
    timing=AlertTiming.AT_ONCE,
)
FAILING = Kind(
    name="endpoint_failing",
    label="A webhook endpoint fails",
    todo="Look at what its server answers. After five days of failures it is disabled.",
    sees=_SEES,
    minds=_MINDS,
    timing=AlertTiming.AT_ONCE,
)


def find(*, at, limits):
    failing = Q(status=EndpointStatus.ACTIVE, failing_since__lte=at - timedelta(hours=limits["hours"]))
    disabled = Q(status=EndpointStatus.DISABLED, notice_due=True)
    rows = WebhookEndpoint.objects.filter(failing | disabled, removed_at=None, storefront__test_twin_of=None)
    for endpoint in rows:
        off = endpoint.status == EndpointStatus.DISABLED
        since = endpoint.disabled_at if off else endpoint.failing_since
        hours = int((at - since).total_seconds() // 3600)
        name = str(endpoint)[:120]
        said = f"is disabled. {endpoint.disabled_reason}" if off else f"has failed for {hours} hours."
        yield Found(
            kind=(DISABLED if off else FAILING).name,
            subject=ids.encode("whe", endpoint.public_id),
            storefront=endpoint.storefront_id,
            text=f"“{name}” {said}"[:300],
            place=f"/admin/advocacy/webhookendpoint/{endpoint.pk}/change/",
            facts={"hours": hours},
        )


CHECK = Check(name="endpoint_failing", kinds=(DISABLED, FAILING), find=find, limits={"hours": 6})
