"""Send webhooks: signed by Standard Webhooks, tried for days, and no endpoint in the way of another.

Any number of threads and processes call ``send_next``. A claim is a conditional UPDATE with a lease, so what a killed
worker had in its hands is due again when the lease ends. Delivered is at least once: ``webhook-id`` tells a repetition.
"""

import random
import time
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from standardwebhooks import Webhook

from advocacy import failures, outbound
from advocacy.models import Attempt, Delivery, DeliveryState, EndpointStatus, WebhookEndpoint
from advocacy.outbox import bodies, webhooks
from advocacy.outbox.interruptions import pass_on

# After the first try, which is made at once.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
# A wait is up to so much longer, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)
GIVE_UP_ON_ENDPOINT = timedelta(days=5)
# Two failures further apart than this do not belong to one trouble.
QUIET = timedelta(days=2)
# Longer than a call may take with the look-up of its name.
LEASE = timedelta(seconds=120)
# Of a worker's 16 threads. One endpoint has up to four calls at once if it answered lately, else one: whoever died
# meanwhile holds one thread. A second call to the same one only while fewer than ten are out, so that some threads are
# always left for those who have none; all endpoints in trouble together have six, one each.
AT_ONCE, LEFT_FOR_FIRST_CALLS, TROUBLED_AT_ONCE = 4, 10, 6
LATELY = timedelta(minutes=1)
# An endpoint that took longer is in trouble, also while its answer is still awaited.
SLOW = timedelta(seconds=3)
GONE = 410
_LOCK = 0x77686F75


_PERSON = ("public_id", "external_id")
_OF_EVENT = {
    "customer": _PERSON,
    "friend": _PERSON,
    "advocate": ("public_id",),
    "advocate__customer": _PERSON,
    "program": ("public_id",),
    "storefront": ("test_twin_of",),
}
# A narrow row: with all columns of eight tables, to ask would take longer than to send.
_RELATED = ("endpoint", *(f"event__{name}" for name in _OF_EVENT))
_NEEDED = (
    *("public_id", "event", "test_type", "tries", "claimed_until"),
    *(f"endpoint__{name}" for name in ("url", "secret", "previous_secret", "previous_secret_until")),
    *(f"event__{name}" for name in ("public_id", "type", "subject_kind", "subject_id", "version", "facts")),
    *(f"event__{name}" for name in ("occurred_at", "recorded_at")),
    *(f"event__{name}__{column}" for name, columns in _OF_EVENT.items() for column in columns),
)


@dataclass(frozen=True)
class Outcome:
    """Of one call. ``status`` is None where nobody answered; ``failure`` is empty after a 2xx."""

    seconds: float
    status: int | None = None
    answer: str = ""
    failure: str = ""
    retry_after: str = ""


def send_next(*, at, before=None):
    """Send what is due next, if anything is; whether something was. ``before()`` is called once that is known."""
    claimed = _claim(at)
    if claimed is None:
        return False
    if before:
        before()
    delivery = Delivery.objects.select_related(*_RELATED).only(*_NEEDED).filter(pk=claimed).first()
    if delivery is None:
        # Its test twin was emptied at this very moment.
        return True
    outcome = _call(delivery, at)
    note(delivery=delivery, outcome=outcome, at=at + timedelta(seconds=outcome.seconds))
    return True


def due(*, at):
    """Whether anything waits whose time has come."""
    return Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=at).exists()


# Endpoints take turns: who has the fewest calls now, then who was served longest ago.
_CLAIM = """
    WITH out_now AS (
        SELECT endpoint_id, count(*) AS calls, min(claimed_until) < %(at)s + %(lease)s - %(slow)s AS awaited
        FROM advocacy_delivery WHERE claimed_until > %(at)s GROUP BY endpoint_id
    ), at_work AS (
        SELECT coalesce(sum(out_now.calls), 0) AS calls,
            coalesce(sum(out_now.calls) FILTER (WHERE endpoint.troubled OR out_now.awaited), 0) AS troubled
        FROM out_now JOIN advocacy_webhookendpoint endpoint ON endpoint.id = out_now.endpoint_id
    ), chosen AS (
        SELECT endpoint.id AS endpoint_id, due.id AS delivery_id
        FROM advocacy_webhookendpoint endpoint
        CROSS JOIN at_work
        LEFT JOIN out_now ON out_now.endpoint_id = endpoint.id
        CROSS JOIN LATERAL (
            SELECT delivery.id FROM advocacy_delivery delivery
            WHERE delivery.endpoint_id = endpoint.id AND delivery.state = 'pending'
                AND delivery.next_attempt_at <= %(at)s
                AND (endpoint.status = 'active' OR delivery.event_id IS NULL)
            ORDER BY delivery.next_attempt_at, delivery.id LIMIT 1
        ) due
        WHERE endpoint.removed_at IS NULL
            AND CASE
                WHEN endpoint.troubled OR out_now.awaited
                    THEN out_now.calls IS NULL AND at_work.troubled < %(troubled)s
                WHEN endpoint.last_delivered_at > %(at)s - %(lately)s
                    THEN out_now.calls IS NULL
                        OR (out_now.calls < %(at_once)s AND at_work.calls < %(left_for_first_calls)s)
                ELSE out_now.calls IS NULL
            END
        ORDER BY coalesce(out_now.calls, 0), endpoint.last_claimed_at NULLS FIRST, endpoint.id
        LIMIT 1 FOR NO KEY UPDATE OF endpoint
    ), served AS (
        UPDATE advocacy_webhookendpoint endpoint SET last_claimed_at = %(at)s
        FROM chosen WHERE endpoint.id = chosen.endpoint_id
    )
    UPDATE advocacy_delivery delivery SET claimed_until = %(until)s, next_attempt_at = %(until)s
    FROM chosen WHERE delivery.id = chosen.delivery_id AND delivery.state = 'pending'
    RETURNING delivery.id
"""
_LIMITS = {
    "lease": LEASE,
    "slow": SLOW,
    "lately": LATELY,
    "at_once": AT_ONCE,
    "left_for_first_calls": LEFT_FOR_FIRST_CALLS,
    "troubled": TROUBLED_AT_ONCE,
}


def _claim(at):
    """The id of a delivery that is ours until the lease ends; None where nothing may be sent now.

    One chooses at a time, or several would count the same calls and give an endpoint too many.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_CLAIM, {"at": at, "until": at + LEASE} | _LIMITS)
        found = cursor.fetchone()
    return found and found[0]


def _call(delivery, at):
    began = time.monotonic()
    try:
        body = bodies.of(delivery)
        answer = outbound.call(
            method="POST", address=delivery.endpoint.url, body=body, headers=signed(delivery, body, at=at)
        )
    except outbound.NoAnswer as error:
        return Outcome(seconds=time.monotonic() - began, failure=str(error))
    except Exception as error:
        pass_on(error)
        return Outcome(seconds=0, failure=failures.told(error, "The delivery"))
    text = answer.body.decode(errors="replace").replace("\0", "\ufffd")
    retry_after = answer.headers.get("retry-after", "")
    return Outcome(answer.seconds, answer.status, text, _problem(answer.status), retry_after)


def signed(delivery, body, *, at):
    """The headers of a call at this moment; during a rotation both secrets sign."""
    name = bodies.message_id(delivery)
    at = at.astimezone(UTC)
    signing = [Webhook(secret) for secret in webhooks.signing_secrets(delivery.endpoint, at=at)]
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join([each.sign(name, at, body.decode()) for each in signing]),
    }


def note(*, delivery, outcome, at):
    """Keep the try and what follows from it, for the delivery and its endpoint."""
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id)
        locked.values_list("pk").first()
        # Not where the lease was over and another worker has it, or where it was cancelled meanwhile.
        ours = Delivery.objects.filter(
            pk=delivery.pk, state=DeliveryState.PENDING, claimed_until=delivery.claimed_until
        )
        updated = ours.update(**_after(delivery, outcome, at), claimed_until=None, tries=F("tries") + 1)
        if not updated and not Delivery.objects.filter(pk=delivery.pk).exists():
            return
        Attempt.objects.create(
            delivery=delivery,
            at=at,
            status=outcome.status,
            seconds=round(outcome.seconds, 3),
            answer=outcome.answer,
            failure=outcome.failure,
        )
        if delivery.event_id:
            _note_endpoint(delivery.endpoint, outcome, at)


def _after(delivery, outcome, at):
    """What becomes of a delivery by this try."""
    if not outcome.failure:
        return {"state": DeliveryState.DELIVERED, "next_attempt_at": None, "ended_at": at}
    if delivery.event_id is None or delivery.tries >= len(WAITS):
        return {"state": DeliveryState.FAILED, "next_attempt_at": None, "ended_at": at}
    return {"next_attempt_at": at + wait(tries=delivery.tries, retry_after=outcome.retry_after, at=at)}


def wait(*, tries, retry_after, at):
    """How long until the next try after ``tries`` + 1 failed ones, or as long as the endpoint asks for, if longer."""
    usual = WAITS[tries] * (1 + JITTER * random.random())  # noqa: S311 - no secret
    return max(usual, min(_asked_for(retry_after, at), LONGEST_RETRY_AFTER))


def _asked_for(text, at):
    """``Retry-After``: seconds or a date; nothing where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len("1000000"):
        return timedelta(seconds=int(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return timedelta(0)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - at


def _note_endpoint(endpoint, outcome, at):
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    slow = outcome.seconds > SLOW.total_seconds()
    if not outcome.failure:
        row.update(failing_since=None, troubled=slow, last_delivered_at=at)
        return
    row.filter(Q(last_failed_at=None) | Q(last_failed_at__lt=at - QUIET)).update(failing_since=at)
    row.update(failing_since=Coalesce("failing_since", at), last_failed_at=at, troubled=True)
    if outcome.status == GONE:
        reason = "It answered 410: it is gone and wants no more."
        webhooks.disable(endpoint=endpoint, reason=reason, at=at, notice=True)
        return
    if row.filter(status=EndpointStatus.ACTIVE, failing_since__lte=at - GIVE_UP_ON_ENDPOINT).exists():
        reason = f"It only failed for {GIVE_UP_ON_ENDPOINT.days} days. The last time: {outcome.failure}"
        webhooks.disable(endpoint=endpoint, reason=reason, at=at, notice=True)


def _problem(status):
    if 200 <= status < 300:  # noqa: PLR2004
        return ""
    if 300 <= status < 400:  # noqa: PLR2004
        return f"It answered {status}, a redirect, which is not followed: enter the address it leads to."
    return f"It answered {status}."
