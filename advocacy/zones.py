"""The time zones that a shop may name."""

import functools
import zoneinfo


@functools.cache
def names():
    """IANA names. PostgreSQL reckons with the zones too, and has no "localtime". Kept: to look for them takes 15 ms."""
    return frozenset(zoneinfo.available_timezones()) - {"localtime"}
