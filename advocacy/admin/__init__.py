"""The base's pages of the admin."""

from advocacy.admin import happenings, jobs, keys, people, programs, testimonials

__all__ = ["happenings", "jobs", "keys", "people", "programs", "testimonials"]
