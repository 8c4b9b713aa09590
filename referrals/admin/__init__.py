"""The pages of links, referrals, orders and conversions in the admin."""

from referrals.admin import attribution, links, orders, waiting

__all__ = ["attribution", "links", "orders", "waiting"]
