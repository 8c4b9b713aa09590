"""The one story that every example of the documentation tells: alice brought fred, who bought for 54 euros."""

import uuid

from advocacy import ids

SIGNED_UP, BOUGHT = "2026-11-22T09:30:00Z", "2026-11-22T10:15:00Z"


def sample(kind):
    """An id of this kind, the same wherever it is shown."""
    return ids.encode(ids.PREFIXES[kind], uuid.UUID("019aab52-7b40-7cc3-9a51-6f0f3f1d2c4b"))


def euros(amount_minor):
    return {"amount_minor": amount_minor, "currency": "EUR"}
