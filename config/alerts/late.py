"""Work that nobody does in time: a worker is missing, or has too much to do."""

from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming, Delivery, DeliveryState, Lane, Mail, MailState, Pending

LATE = Kind(
    name="late_work",
    label="Work is behind",
    todo="Is each worker running, and does it have enough processes? /healthz shows how far each queue is behind.",
    sees="advocacy.view_pending",
    minds="advocacy.change_pending",
    timing=AlertTiming.AT_ONCE,
)
_PAGES = {"webhooks": "/admin/advocacy/delivery/", "mails": "/admin/advocacy/mail/"}
_WORDS = {"money": "Rewards", "people": "Counts of people", "out": "Telling the world"}


def _waiting_since():
    """``{queue: since when its first waits}``; each question follows an index, however long the queue is."""
    for lane in Lane.values:
        rows = Pending.objects.filter(lane=lane, stuck_at__isnull=True, attempts=0).order_by("event_id")
        yield lane, rows.values_list("event__recorded_at", flat=True).first()
    deliveries = Delivery.objects.filter(state=DeliveryState.PENDING)
    yield "webhooks", _first(deliveries)
    mails = Mail.objects.filter(state=MailState.WAITING)
    firsts = [_first(mails.filter(urgent=urgent)) for urgent in (True, False)]
    yield "mails", min(filter(None, firsts), default=None)


def _first(rows):
    return rows.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def find(*, at, limits):
    for queue, since in _waiting_since():
        minutes = int((at - since).total_seconds() // 60) if since else 0
        if minutes >= limits["minutes"]:
            yield Found(
                kind=LATE.name,
                subject=queue,
                text=f"{_WORDS.get(queue, queue.capitalize())}: the first has waited for {minutes} minutes.",
                place=_PAGES.get(queue, "/admin/advocacy/pending/"),
                facts={"minutes": minutes},
            )


CHECK = Check(name="late_work", kinds=(LATE,), find=find, limits={"minutes": 15})
