"""Calls that move money and have no name of their own: sent twice, done once, for ever.

The claim of the key, the work and the note of what it made are one transaction. While it runs, the same key elsewhere
is refused at once instead of waiting.
"""

import hashlib
import json
from contextlib import contextmanager

from django.db import connection, transaction

from advocacy.models import IdempotencyKey
from advocacy.refusals import Conflict, Refused


class InFlight(Conflict):
    """The same key is being worked on; ``wait`` is how many seconds to wait at least."""

    wait = 0.5


class Claim:
    """``earlier`` finds what the same call made before; otherwise the work is done and ``keep`` notes what it made."""

    def __init__(self, noted):
        self._noted = noted
        self.kept = None

    @property
    def new(self):
        return self._noted is None

    def earlier(self, rows):
        """The row of ``rows`` that the same call made, as it is now; None where the call is new."""
        return None if self.new else rows.get(public_id=self._noted.resource)

    def keep(self, kind, row):
        """Note the row, which has a ``public_id``, and return it."""
        if not self.new:
            raise RuntimeError(f"This call made a {self._noted.kind} before; ask earlier() first.")
        self.kept = kind, row.public_id
        return row


@contextmanager
def claimed(*, storefront, key, call, at):
    """A transaction that yields the ``Claim``. ``call``: what two calls with one key have in common, as JSON.

    Raises ``InFlight``, or ``Refused`` ("idempotency_key_reused") for another call with a key that was used. What the
    block raises undoes everything, the claim too, so that a mended call may use the key again.
    """
    name = _digest(storefront.pk, key)
    digest = _digest(storefront.pk, key, call)
    with transaction.atomic(durable=True):
        _lock(name)
        noted = IdempotencyKey.objects.filter(storefront=storefront, key=name).first()
        if noted and bytes(noted.call) != digest:
            raise Refused(
                "idempotency_key_reused",
                "This Idempotency-Key was sent with another call before. Use a new one for each thing you want done.",
            )
        claim = Claim(noted)
        yield claim
        if claim.new:
            _note(storefront, name, digest, claim, at)


def _note(storefront, name, digest, claim, at):
    if claim.kept is None:
        raise RuntimeError("A call with an Idempotency-Key keeps what it made, or raises.")
    kind, public_id = claim.kept
    IdempotencyKey.objects.create(
        storefront=storefront, key=name, call=digest, kind=kind, resource=public_id, made_at=at
    )


def _lock(name):
    """Ends with the transaction, also when the process dies."""
    with connection.cursor() as cursor:
        number = int.from_bytes(name[:8], signed=True)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise InFlight(
                "idempotency_key_in_flight", "The same call is being worked on; ask again after Retry-After."
            )


def _digest(*parts):
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()
