"""The pages of links, referrals, orders and conversions in the admin."""

from referrals.admin import attribution, links, orders

__all__ = ["attribution", "links", "orders"]
