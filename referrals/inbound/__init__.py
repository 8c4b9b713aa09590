"""What platforms send: kept as it came, then mapped to the same verbs that the API calls."""

from referrals.inbound.receiving import Forged, Received, receive
from referrals.inbound.working import forget, replay, work

__all__ = ["Forged", "Received", "forget", "receive", "replay", "work"]
