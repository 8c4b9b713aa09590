"""Orders of any customer, referred or not: recorded, changed, refunded; each said twice counts once."""

from referrals.orders.changing import change
from referrals.orders.recording import Recorded, record
from referrals.orders.refunds import Refunded, refund, undo_refund

__all__ = ["Recorded", "Refunded", "change", "record", "refund", "undo_refund"]
