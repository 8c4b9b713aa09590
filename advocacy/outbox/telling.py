"""Which endpoint is told of which event: as it happens, again when somebody asks, and as a test."""

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from advocacy import ids
from advocacy.models import Delivery, DeliveryState, EndpointStatus, Event, Lane, Pending, WebhookEndpoint
from advocacy.outbox import forgetting, wake, webhooks
from advocacy.refusals import Refused

QUEUE = "webhooks"
# Of one replay.
MOST = 10_000
WHICH = ("failed", "missing", "all")

_INSERT = """
    INSERT INTO advocacy_delivery
        (public_id, storefront_id, endpoint_id, event_id, test_type, state, tries, next_attempt_at, created_at)
    SELECT asked.public_id, asked.storefront_id, asked.endpoint_id, asked.event_id, '', 'pending', 0, %s, %s
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS asked (public_id, storefront_id, endpoint_id, event_id)
    ORDER BY asked.event_id, asked.endpoint_id
    ON CONFLICT (event_id, endpoint_id) DO NOTHING
"""


def tell(*, events, at):
    """The handler of lane ``out``: a delivery for each event and each active endpoint that wants its type."""
    storefronts = {event.storefront_id for event in events}
    active = WebhookEndpoint.objects.filter(storefront_id__in=storefronts, status=EndpointStatus.ACTIVE)
    wanted = list(active.only("storefront_id", "event_types", "alert_kinds"))
    pairs = [
        (event.storefront_id, endpoint.pk, event.pk)
        for event in events
        for endpoint in wanted
        if endpoint.storefront_id == event.storefront_id
        and (not endpoint.event_types or event.type in endpoint.event_types)
        and _is_wanted(event, endpoint.alert_kinds)
    ]
    _insert(pairs, at)


def _is_wanted(event, alert_kinds):
    """Of an alert that it is of one of these kinds, of the day's alerts that one of them is; whatever else it is."""
    if not alert_kinds or not event.type.startswith("alert."):
        return True
    return not {event.facts.get("alert"), *event.facts.get("open", ())}.isdisjoint(alert_kinds)


def test(*, endpoint, type, at):
    """A delivery with the catalogue's example of that type, tried once; also to an endpoint that is disabled."""
    (type,) = webhooks.checked_types([type])
    made = Delivery.objects.create(
        storefront_id=endpoint.storefront_id, endpoint=endpoint, test_type=type, next_attempt_at=at, created_at=at
    )
    transaction.on_commit(wake_senders)
    return made


def replay(*, delivery, at):
    """Send it again, now, with the whole schedule before it; one that waits is only brought forward."""
    _check_active(delivery.endpoint)
    _again(Delivery.objects.filter(pk=delivery.pk), at)
    delivery.refresh_from_db()
    return delivery


def replay_range(*, endpoint, since, until, which, at):
    """How many deliveries of events recorded from ``since`` on and before ``until`` are sent (again).

    ``which``: "failed" (and cancelled), "missing" (events it was never told of, as while it was disabled), or "all"
    (these, and the delivered too). Refuses a range of more than ``MOST``, and one from before the time for which
    deliveries are kept: what was delivered then would look as if it was missing.
    """
    _check_active(endpoint)
    if since < (kept_from := forgetting.horizon(at=at)):
        raise Refused(
            "too_long_ago",
            f"Deliveries are kept for {settings.DELIVERY_RETENTION_DAYS} days: begin at {kept_from:%Y-%m-%d} or later.",
            errors={"since": "is before deliveries are kept"},
        )
    if since >= until:
        raise Refused("empty_range", "The range ends before it begins.", errors={"until": "must be after since"})
    with transaction.atomic():
        again = missing = 0
        if which != "missing":
            again = _again(_deliveries(endpoint, since, until, which), at)
        if which != "failed":
            missing = _insert(_missing(endpoint, since, until), at)
    return again + missing


def _check_active(endpoint):
    if endpoint.removed_at:
        raise Refused("endpoint_removed", "This endpoint was removed; nothing can be sent to it.")
    if endpoint.status != EndpointStatus.ACTIVE:
        raise Refused("endpoint_disabled", "This endpoint is disabled; enable it first.")


def _deliveries(endpoint, since, until, which):
    rows = Delivery.objects.filter(
        endpoint=endpoint, event__recorded_at__gte=since, event__recorded_at__lt=until
    ).exclude(state=DeliveryState.PENDING)
    if which == "failed":
        rows = rows.exclude(state=DeliveryState.DELIVERED)
    return Delivery.objects.filter(pk__in=_bounded(rows.order_by("id").values_list("pk", flat=True)))


def _missing(endpoint, since, until):
    known = Delivery.objects.filter(endpoint=endpoint, event=OuterRef("pk"))
    # What its lane has not come to yet is not missing.
    coming = Pending.objects.filter(event=OuterRef("pk"), lane=Lane.OUT)
    mine = Event.objects.filter(storefront_id=endpoint.storefront_id, recorded_at__gte=since, recorded_at__lt=until)
    if endpoint.event_types:
        mine = mine.filter(type__in=endpoint.event_types)
    if endpoint.alert_kinds:
        of_alert, of_day = Q(facts__alert__in=endpoint.alert_kinds), Q(facts__open__has_any_keys=endpoint.alert_kinds)
        mine = mine.filter(~Q(type__startswith="alert.") | of_alert | of_day)
    events = mine.filter(~Exists(known), ~Exists(coming)).order_by("id")
    return [(endpoint.storefront_id, endpoint.pk, event) for event in _bounded(events.values_list("pk", flat=True))]


def _bounded(rows):
    found = list(rows[: MOST + 1])
    if len(found) > MOST:
        raise Refused("range_too_long", f"More than {MOST:,} deliveries are in this range; choose a shorter one.")
    return found


def _again(rows, at):
    ended = rows.exclude(state=DeliveryState.PENDING)
    count = ended.update(state=DeliveryState.PENDING, tries=0, next_attempt_at=at, claimed_until=None, ended_at=None)
    count = count or rows.filter(state=DeliveryState.PENDING, claimed_until=None).update(next_attempt_at=at)
    if count:
        transaction.on_commit(wake_senders)
    return count


def _insert(pairs, at):
    """How many of ``[(storefront, endpoint, event)]`` were new."""
    if not pairs:
        return 0
    storefronts, endpoints, events = zip(*pairs, strict=True)
    made = [[ids.uuid7() for _ in pairs], list(storefronts), list(endpoints), list(events)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [at, at, *made])
        count = cursor.rowcount
    transaction.on_commit(wake_senders)
    return count


def wake_senders():
    from advocacy.outbox.tasks import send  # noqa: PLC0415 - the task's module imports the verbs

    wake.once(send, [], queue=QUEUE)
