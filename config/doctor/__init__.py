"""What ``manage.py doctor`` looks at: this server, and for each storefront its sender and its links.

What could not be asked is never taken for good: it is told as not checked.
"""

from django.db import DatabaseError

from advocacy.models import Storefront
from config.doctor import here, links, senders
from config.doctor.findings import Finding, Level

__all__ = ["Finding", "Level", "examine"]


def examine(*, names, at):
    """All findings, of this server first. ``names``: a ``names.Names`` to ask the DNS by."""
    yield from here.findings(at=at)
    try:
        shops = list(Storefront.objects.filter(test_twin_of=None))
    except DatabaseError:
        # It is away, or its tables are those of another version: the findings above say which.
        said = "Senders and links were not looked at: the database does not tell of the shops."
        yield Finding(Level.UNCHECKED, "storefronts", "database", said, "Mend the database first, then run this again.")
        return
    for storefront in shops:
        yield from senders.findings(storefront=storefront, names=names)
        yield from links.findings(storefront=storefront, names=names)
