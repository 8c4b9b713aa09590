"""The base's pages of the admin."""

from advocacy.admin import (
    consents,
    deliveries,
    happenings,
    jobs,
    keys,
    mails,
    merges,
    people,
    programs,
    terms,
    testimonials,
    webhooks,
)

__all__ = [
    "consents",
    "deliveries",
    "happenings",
    "jobs",
    "keys",
    "mails",
    "merges",
    "people",
    "programs",
    "terms",
    "testimonials",
    "webhooks",
]
