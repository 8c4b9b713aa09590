"""Who brought whom in a program, by person, and the people of its trees: those of the tally, and each by name."""

import numpy as np
from django.db import connection
from django.db.models.expressions import RawSQL

from advocacy.models import Customer
from referrals.measures import trees

# Who was merged counts for the survivor. Of another moment only what was recorded and had not ended by then.
_BROUGHT = """
    SELECT coalesce(kept.id, above.id), coalesce(left_to.id, below.id)
    FROM referrals_referral referral
    JOIN advocacy_advocate advocate ON advocate.id = referral.advocate_id
    JOIN advocacy_customer above ON above.id = advocate.customer_id
    JOIN advocacy_customer below ON below.id = referral.friend_id
    LEFT JOIN advocacy_customer kept ON kept.public_id = above.merged_into_id
    LEFT JOIN advocacy_customer left_to ON left_to.public_id = below.merged_into_id
    WHERE referral.program_id = %(program)s AND referral.recorded_at <= %(at)s
        AND (referral.ended_at IS NULL OR referral.ended_at > %(at)s)
    """


def pairs(*, program, at):
    """``(advocates, friends)``: the keys of who had brought whom by then."""
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT, {"program": program.pk, "at": at})
        found = cursor.fetchall()
    return [above for above, _ in found], [below for _, below in found]


def behind_trees(of, *, program, at, place=None):
    """The people, as a queryset of Customers, that the tally of this moment counted.

    ``of``: ``people`` all; ``first`` one of each tree; ``sizes`` those of the tree at this place, 1 the largest;
    ``depths`` those so many steps away; ``loops`` one of each circle; ``looping`` those without a depth.
    """
    found = trees.grown(*pairs(program=program, at=at))
    chosen = found.names[_CHOOSE[of](found, place)] if len(found.names) else found.names
    keys = RawSQL("SELECT unnest(%s::bigint[])", [chosen.tolist()])
    return Customer.objects.filter(pk__in=keys)


def _of_size(found, place):
    return found.tree == found.by_size[place - 1] if 0 < place <= len(found.by_size) else found.tree < 0


def _firsts(found, _):
    """Of each tree who began it; of one that is a circle, who is known longest."""
    first = np.lexsort((found.depth != 0, found.tree))
    return first[np.unique(found.tree[first], return_index=True)[1]]


_CHOOSE = {
    "people": lambda found, _: found.tree >= 0,
    "first": _firsts,
    "sizes": _of_size,
    "depths": lambda found, steps: found.depth == steps if steps else found.depth > 0,
    "loops": lambda found, _: found.first_of(found.circle),
    "looping": lambda found, _: found.depth < 0,
}
