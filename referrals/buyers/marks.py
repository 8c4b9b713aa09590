"""Whose purchases changed. A mark names a record; the recount finds whose it is by then."""

from collections import defaultdict

from django.db import connection

# Every version of an order tells whose it was: the one it was taken from has bought less. A merge says both records,
# and of who is in between nothing is counted apart.
_MARK = """
    INSERT INTO referrals_buyermark (storefront_id, customer_id, marked_at)
    SELECT DISTINCT storefront_id, customer_id, %(at)s::timestamptz FROM (
        SELECT storefront_id, customer_id FROM advocacy_event
        WHERE subject_kind = 'order' AND subject_id = ANY(%(order)s)
        UNION ALL
        SELECT storefront_id, unnest(ARRAY[survivor_id, merged_id]) FROM advocacy_merge
        WHERE public_id = ANY(%(merge)s)
        UNION ALL
        SELECT storefront_id, id FROM advocacy_customer WHERE id = ANY(%(person)s)
    ) touched
    WHERE customer_id IS NOT NULL
    """


def mark(*, events, at):
    """Handler of order.*, referral.*, conversion.*, customer.merged, unmerged and erased."""
    touched = defaultdict(set)
    for event in events:
        if event.subject_kind in ("order", "merge"):
            touched[event.subject_kind].add(event.subject_id)
        else:
            touched["person"].add(event.friend_id or event.customer_id)
    named = {kind: list(touched[kind] - {None}) for kind in ("order", "merge", "person")}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, named | {"at": at})
