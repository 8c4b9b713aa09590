"""Whose purchases changed. A mark names a record; the recount finds whose it is by then."""

from django.db import connection

# A merge says both records, and of who is in between nothing is counted apart.
_MARK = """
    INSERT INTO referrals_buyermark (storefront_id, customer_id, marked_at)
    SELECT storefront_id, customer_id, %(at)s::timestamptz FROM (
        SELECT storefront_id, id AS customer_id FROM advocacy_customer WHERE id = ANY(%(people)s)
        UNION
        SELECT storefront_id, customer_id FROM referrals_buyer WHERE customer_id = ANY(%(known)s)
        UNION
        SELECT storefront_id, unnest(ARRAY[survivor_id, merged_id]) FROM advocacy_merge
        WHERE public_id = ANY(%(merges)s)
    ) touched
    """


def mark(*, events, at):
    """Handler of order.*, referral.*, conversion.*, customer.changed, merged, unmerged and erased."""
    merges = {event.subject_id for event in events if event.subject_kind == "merge"}
    # News of who has bought nothing change nothing here.
    known = {event.customer_id for event in events if event.type == "customer.changed"}
    # An order stays with the record that it came with; a bond, and what converts by it, is the friend's.
    bought = [event for event in events if event.subject_kind != "merge" and event.type != "customer.changed"]
    people = {event.friend_id or event.customer_id for event in bought} - {None}
    named = {"people": list(people), "known": list(known), "merges": list(merges), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_MARK, named)
