"""Orders of any customer, referred or not: recorded, changed, fulfilled, refunded; each said twice counts once."""

from referrals.orders.bringing import bring_fulfilment, bring_names, bring_refund, bring_undone_refund
from referrals.orders.finding import called
from referrals.orders.finding import of as named
from referrals.orders.fulfilments import Fulfilled, fulfil
from referrals.orders.recording import Recorded
from referrals.orders.refunding_new import refund as refund_new
from referrals.orders.refunds import Refunded, refund, undo_refund
from referrals.orders.taking import bring, bring_all, change, record, record_said, said

__all__ = [
    "Fulfilled",
    "Recorded",
    "Refunded",
    "bring",
    "bring_all",
    "bring_fulfilment",
    "bring_names",
    "bring_refund",
    "bring_undone_refund",
    "called",
    "change",
    "fulfil",
    "named",
    "record",
    "record_said",
    "refund",
    "refund_new",
    "said",
    "undo_refund",
]
