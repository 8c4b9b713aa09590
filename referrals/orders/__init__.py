"""Orders of any customer, referred or not: recorded, changed, fulfilled, refunded; each said twice counts once."""

from referrals.orders.changing import change
from referrals.orders.fulfilments import Fulfilled, fulfil
from referrals.orders.recording import Recorded, record
from referrals.orders.refunds import Refunded, refund, undo_refund

__all__ = ["Fulfilled", "Recorded", "Refunded", "change", "fulfil", "record", "refund", "undo_refund"]
