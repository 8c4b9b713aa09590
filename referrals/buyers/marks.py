"""Whose purchases changed. A mark names a record; the recount finds whose it is by then."""

from django.db import connection

# A merge says both records, and of who is in between nothing is counted apart.
_MARK = """
    INSERT INTO referrals_buyermark (storefront_id, customer_id, marked_at)
    SELECT storefront_id, customer_id, %(at)s::timestamptz FROM (
        SELECT storefront_id, id AS customer_id FROM advocacy_customer WHERE id = ANY(%(people)s)
        UNION
        SELECT storefront_id, unnest(ARRAY[survivor_id, merged_id]) FROM advocacy_merge
        WHERE public_id = ANY(%(merges)s)
    ) touched
    """


def mark(*, events, at):
    """Handler of order.*, referral.*, conversion.*, customer.merged, unmerged and erased."""
    merges = {event.subject_id for event in events if event.subject_kind == "merge"}
    # An order stays with the record that it came with; a bond, and what converts by it, is the friend's.
    people = {event.friend_id or event.customer_id for event in events if event.subject_kind != "merge"}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"people": list(people - {None}), "merges": list(merges), "at": at})
