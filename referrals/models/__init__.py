"""The nouns of attribution."""

from referrals.models.click import Click, VisitorSalt
from referrals.models.conversion import Conversion, Review
from referrals.models.link import Link, LinkStatus
from referrals.models.order import Fulfilment, Order, OrderKind, OrderStatus, Refund, RefundKind
from referrals.models.referral import Method, Referral
from referrals.models.rollup import Day, LifetimeValue, Mark

__all__ = [
    "Click",
    "Conversion",
    "Day",
    "Fulfilment",
    "LifetimeValue",
    "Link",
    "LinkStatus",
    "Mark",
    "Method",
    "Order",
    "OrderKind",
    "OrderStatus",
    "Referral",
    "Refund",
    "RefundKind",
    "Review",
    "VisitorSalt",
]
