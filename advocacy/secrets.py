"""What may not be read from a copy of the database: sealed with ENCRYPTION_KEYS, found by keyed fingerprints.

The first key seals and every key opens. Fingerprints are made with the last key, so that they stay the same while a new
key is put before the old ones, until ``advocacy.resealing`` has written everything anew.
"""

import base64
import hashlib
import hmac
import logging
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

log = logging.getLogger(__name__)


class NoKeyOpens(Exception):
    """What was sealed with a key that is not in ENCRYPTION_KEYS any more."""


def seal(text):
    """The text as bytes for a ``SealedField``; different each time, so never compare them."""
    return _box(_keys()).encrypt(text.encode())


def open(sealed):
    """The text that ``seal`` was given. Raises ``NoKeyOpens``."""
    try:
        return _box(_keys()).decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise NoKeyOpens(
            "None of ENCRYPTION_KEYS opens this. Put back, behind the first, the key it was sealed with."
        ) from error


def fingerprint(text, *, key=-1):
    """32 bytes that are the same for the same text: for unique columns and look-ups, and useless without the key.

    ``key`` is a place in ENCRYPTION_KEYS; only resealing chooses another than the last.
    """
    return hmac.digest(_derived(_keys()[key], "fingerprint"), text.encode(), hashlib.sha256)


def fingerprints(text):
    """By every key: what was fingerprinted before a resealing and what after it are both among them."""
    return {fingerprint(text, key=place) for place in range(len(_keys()))}


def _keys():
    return tuple(settings.ENCRYPTION_KEYS) or (_of_development(settings.SECRET_KEY),)


@lru_cache(maxsize=8)
def _box(keys):
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=8)
def _of_development(secret_key):
    """Production's settings refuse to start without keys; once a process, development says what it does instead."""
    log.warning(
        "ENCRYPTION_KEYS is not set: this development server seals secrets with a key derived from SECRET_KEY. "
        "They cannot be opened with another SECRET_KEY."
    )
    return base64.urlsafe_b64encode(_derived(secret_key, "development")).decode()


def _derived(key, purpose):
    """Another key for another purpose, from which neither can be reckoned back."""
    return hmac.digest(key.encode(), f"advocacy.secrets {purpose}".encode(), hashlib.sha256)
