"""The base's pages of the admin."""

from advocacy.admin import happenings, keys, people, programs, testimonials

__all__ = ["happenings", "keys", "people", "programs", "testimonials"]
