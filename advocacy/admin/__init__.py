"""The base's pages of the admin."""

from advocacy.admin import deliveries, happenings, jobs, keys, mails, merges, people, programs, testimonials, webhooks

__all__ = [
    "deliveries",
    "happenings",
    "jobs",
    "keys",
    "mails",
    "merges",
    "people",
    "programs",
    "testimonials",
    "webhooks",
]
