"""The base's pages of the admin."""

from advocacy.admin import (
    alerts,
    consents,
    deliveries,
    happenings,
    jobs,
    keys,
    mails,
    mentions,
    merges,
    people,
    programs,
    terms,
    testimonials,
    webhooks,
)

__all__ = [
    "alerts",
    "consents",
    "deliveries",
    "happenings",
    "jobs",
    "keys",
    "mails",
    "mentions",
    "merges",
    "people",
    "programs",
    "terms",
    "testimonials",
    "webhooks",
]
