"""The pages of links, referrals, orders, conversions and platforms in the admin."""

from referrals.admin import (
    attribution,
    claims,
    connections,
    costs,
    fraud,
    imports,
    inbound,
    links,
    orders,
    past_buyers,
    waiting,
)

__all__ = [
    "attribution",
    "claims",
    "connections",
    "costs",
    "fraud",
    "imports",
    "inbound",
    "links",
    "orders",
    "past_buyers",
    "waiting",
]
