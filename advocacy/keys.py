"""API keys: made, found again, replaced and revoked.

A key reads ``sk_live_…``: its kind (secret or publishable), whether it writes to the live storefront or to its test
twin, 160 random bits and a checksum, so that a mistyped or cut key is refused without asking the database. Only a
SHA-256 is stored: the random part is long enough that nothing slower is needed.
"""

import hashlib
import secrets
import time
import zlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from advocacy import ids
from advocacy.models import ApiKey, KeyKind, bulk, prepared
from advocacy.refusals import Refused

_BEGINNINGS = {KeyKind.SECRET: "sk", KeyKind.PUBLISHABLE: "pk"}
_RANDOM_BITS = 160
_RANDOM_LENGTH = _RANDOM_BITS // 5
_CHECKSUM_LENGTH = 7
_SHOWN = 16
# Known often enough to see whether a key is still used, and no write per request.
LAST_USE_STEP = timedelta(minutes=1)
LONGEST_OVERLAP = timedelta(days=30)


def make(*, storefront, kind, name, at, expires_at=None, scopes=()):
    """A new key and its token. The token is not stored: this is the only time it can be shown.

    ``scopes`` narrow it (``["orders:read"]``); none: all that its kind may.
    """
    token = _token(kind, test=storefront.test_twin_of_id is not None)
    key = ApiKey.objects.create(
        storefront=storefront,
        kind=kind,
        name=name,
        beginning=token[:_SHOWN],
        digest=_digest(token),
        created_at=at,
        expires_at=expires_at,
        scopes=sorted(scopes),
    )
    return key, token


# Where the rows of the key and its storefront lie, and who wrote them there: both are others after any change.
_STAND = """
    SELECT key.ctid::text, key.xmin::text, storefront.ctid::text, storefront.xmin::text
    FROM advocacy_apikey key JOIN advocacy_storefront storefront ON storefront.id = key.storefront_id
    WHERE key.digest = %s AND key.revoked_at IS NULL
"""
_MOST_REMEMBERED = 1000
# {digest: (how the rows stood, key, storefront, until when)}, of this process. They are asked again how they stand
# after settings.KEY_TRUST_MILLISECONDS, by the monotonic clock; at once where it is a test's, whose clock is moved.
_remembered = {}


def find(token, at):
    """The key of this token with its storefront, or None where it is unknown, revoked or expired."""
    if not looks_right(token):
        return None
    digest = _digest(token)
    key = _known(digest)
    if key is None or (key.expires_at and key.expires_at <= at):
        return None
    if key.last_used_at is None or key.last_used_at <= at - LAST_USE_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
        # Or each call would write it, for as long as the key is trusted.
        _remembered.pop(digest, None)
    return key


def _known(digest):
    """The key; each caller's own."""
    known, key, storefront, until = _remembered.get(digest, (None, None, None, 0))
    if time.monotonic() >= until:
        stand = prepared.rows(_STAND, [digest])
        if not stand:
            _remembered.pop(digest, None)
            return None
        if known != stand:
            return _read(digest, stand)
        _remember(digest, stand, key, storefront)
    key = bulk.copied(key)
    key.storefront = bulk.copied(storefront)
    return key


def _read(digest, stand):
    key = ApiKey.objects.select_related("storefront").filter(digest=digest, revoked_at__isnull=True).first()
    if key is not None:
        _remember(digest, stand, bulk.copied(key), bulk.copied(key.storefront))
    return key


def _remember(digest, stand, key, storefront):
    if digest not in _remembered and len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    trusted = 0 if storefront.test_twin_of_id else settings.KEY_TRUST_MILLISECONDS / 1000
    _remembered[digest] = (stand, key, storefront, time.monotonic() + trusted)


@transaction.atomic
def rotate(*, key, at, overlap=timedelta(days=1)):
    """A successor of the same kind, name and scopes, and its token; the old key works for ``overlap`` longer."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Refused("overlap_too_long", "Both keys can work side by side for at most 30 days.")
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("storefront").get(pk=key.pk)
    if key.revoked_at:
        raise Refused("key_revoked", "This key is revoked; make a new one.")
    successor = make(storefront=key.storefront, kind=key.kind, name=key.name, scopes=key.scopes, at=at)
    key.expires_at = min(filter(None, [key.expires_at, at + overlap]))
    key.save(update_fields=["expires_at"])
    _remembered.pop(bytes(key.digest), None)
    return successor


def revoke(*, key, at):
    """Whether it was still valid; from now on it opens nothing, in another process after KEY_TRUST_MILLISECONDS."""
    _remembered.pop(bytes(key.digest), None)
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at))


def looks_right(token):
    """Whether the checksum fits. Pure: says nothing about whether the key exists."""
    head, _, tail = token.rpartition("_")
    if len(tail) != _RANDOM_LENGTH + _CHECKSUM_LENGTH or not token.isascii():
        return False
    body, checksum = f"{head}_{tail[:_RANDOM_LENGTH]}", tail[_RANDOM_LENGTH:]
    return secrets.compare_digest(_checksum(body), checksum)


def _token(kind, *, test):
    mode = "test" if test else "live"
    random = ids.base32(secrets.randbits(_RANDOM_BITS), length=_RANDOM_LENGTH)
    body = f"{_BEGINNINGS[kind]}_{mode}_{random}"
    return body + _checksum(body)


def _checksum(body):
    return ids.base32(zlib.crc32(body.encode()), length=_CHECKSUM_LENGTH)


def _digest(token):
    return hashlib.sha256(token.encode()).digest()
