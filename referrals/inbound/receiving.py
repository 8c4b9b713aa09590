"""Take a platform's message: look at its signature, keep it as it came, answer at once. It is worked on later."""

from dataclasses import dataclass
from datetime import UTC

from django.db import connection as database
from django.db import transaction

from advocacy import connections, ids, secrets
from advocacy.models import Connection, ConnectionStatus
from advocacy.outbox import wake
from advocacy.refusals import NotFound, Refused, TooLarge
from referrals.inbound import platforms
from referrals.models import InboundMessage, InboundRefusal

LARGEST = 2 * 1024 * 1024


class Forged(Refused):
    """Its signature does not fit: it did not come from the platform, or its secret was entered wrongly."""

    status = 401


@dataclass(frozen=True)
class Received:
    """``replayed``: the same message was here already."""

    replayed: bool = False


def receive(*, platform, public_id, raw, headers, at):
    """Keep a message of this connection. ``headers`` by lower-case names.

    Raises NotFound, ``Forged``, or Refused (``too_old``, ``message_too_large``); each refusal is counted.
    """
    found = Connection.objects.filter(platform=platform, public_id=public_id, status=ConnectionStatus.ACTIVE).first()
    if found is None or platform not in platforms.ALL:
        raise NotFound("unknown_connection", "There is no active connection of this address.")
    try:
        return _received(found, platforms.ALL[platform], raw, headers, at)
    except Refused as refusal:
        _count(found, refusal.code, at)
        raise


def _received(found, platform, raw, headers, at):
    if len(raw) > LARGEST:
        raise TooLarge("message_too_large", f"A message has at most {LARGEST} bytes.")
    if platform.is_ping(raw, headers):
        return Received()
    signing = connections.signing_secrets(found, at=at)
    if not any(platform.is_signed(raw, headers, secret=secret) for secret in signing):
        raise Forged("invalid_signature", "The signature does not fit this body and the secret of this connection.")
    platform.check_age(headers, at=at)
    topic, message_id = platform.named(raw, headers)
    new = _keep(found, topic, message_id, raw, at)
    if new:
        transaction.on_commit(wake_worker)
    return Received(replayed=not new)


def _keep(found, topic, message_id, raw, at):
    """Whether it was not here yet. One statement, because the platform waits for the answer."""
    values = [ids.uuid7(), found.pk, message_id[:200], topic[:100], secrets.seal(raw.decode("latin-1")), at]
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {InboundMessage._meta.db_table} "  # noqa: S608
            "(public_id, connection_id, message_id, topic, raw, received_at, state, attempts, note) "
            "VALUES (%s, %s, %s, %s, %s, %s, 'received', 0, '') "
            "ON CONFLICT (connection_id, message_id) DO NOTHING",
            values,
        )
        return cursor.rowcount == 1


def wake_worker():
    from referrals.inbound.tasks import work  # noqa: PLC0415 - the task's module imports this one

    wake.call(work, queue="people")


def _count(found, reason, at):
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {InboundRefusal._meta.db_table} (connection_id, day, reason, count, last_at) "  # noqa: S608
            "VALUES (%s, %s, %s, 1, %s) ON CONFLICT (connection_id, day, reason) "
            "DO UPDATE SET count = referrals_inboundrefusal.count + 1, last_at = EXCLUDED.last_at",
            [found.pk, at.astimezone(UTC).date(), reason[:40], at],
        )
