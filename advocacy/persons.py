"""One person may be known by several records that were merged: which they are, and which of them counts.

Everything that happened stays with the record it happened to; what is new happens to the survivor. So a merge moves
nothing, and can be undone. Whoever asks what a person has asks for all of their records.
"""

from django.db import connection
from django.db.models import Q

from advocacy.models import Advocate, Customer, bulk
from advocacy.refusals import Refused, TryAgain


def survivor(row):
    """The record that counts for this Customer or Advocate: itself, for most."""
    if row is None or row.merged_into_id is None:
        return row
    return type(row).objects.get(public_id=row.merged_into_id)


def lock(customer):
    """The record that counts for this person, locked. ``no_key``: what only points to it need not wait.

    Raises ``TryAgain`` where it is gone: only a test twin's rows go, when it is emptied.
    """
    row = _locked("id", customer.pk)
    while row.merged_into_id:
        row = _locked("public_id", row.merged_into_id)
    return row


def _locked(column, key):
    found = bulk.fetch(Customer, f"WHERE {column} = %s FOR NO KEY UPDATE", [key])
    if not found:
        raise TryAgain("The test data was emptied at this moment. Nothing was done: send it again.")
    return found[0]


def lock_to_tell_of(customer):
    """The same, for whoever keeps words about the person; Refused (``customer_erased``) where they were erased.

    An erasure takes the same lock: it finds what was kept before it, and nothing is kept after it.
    """
    row = lock(customer)
    if row.erased_at:
        raise Refused("customer_erased", "This customer was erased: nothing more is kept of them.")
    return row


def now(row):
    """The row as it is stored now."""
    return type(row).objects.get(pk=row.pk)


def ids_of(customer):
    """The keys of all records of this customer's person; asks nothing where there is one."""
    if customer.merged_into_id is None and not customer.absorbed:
        return [customer.pk]
    return list(records(customer).order_by("pk").values_list("pk", flat=True))


def records(row):
    """All records of this Customer's or Advocate's person, as a queryset."""
    return type(row).objects.filter(Q(public_id=row.person_id) | Q(merged_into=row.person_id))


def advocates_of(advocate):
    """The keys of all rows by which the same person advocates in the same program."""
    return list(records(advocate).order_by("pk").values_list("pk", flat=True))


def mailboxes(customer):
    """The keys of all addresses that the person is known by."""
    if customer.merged_into_id is None and not customer.absorbed:
        return {customer.email_key} - {None}
    return set(records(customer).values_list("email_key", flat=True)) - {None}


def together(storefront_ids):
    """Until the transaction ends nobody is merged or parted in these storefronts.

    For whoever reads all records of a person and then writes by that: deciding, crediting, handing out codes,
    spending, keeping standings. Taken before rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtextextended('merges ' || id, 0)) "
            "FROM (SELECT unnest(%s::bigint[]) AS id ORDER BY 1) AS shop",
            [sorted(storefront_ids)],
        )


def alone(storefront_id):
    """Until the transaction ends nobody else merges, parts, or does here what ``together`` is for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('merges ' || %s, 0))", [storefront_id])


def of_advocate(customer):
    """The Advocates of a person that count, as a queryset."""
    return Advocate.objects.filter(customer__in=ids_of(customer), merged_into=None)


def owners(customer_ids):
    """``{key of a merged record: key of the survivor}`` of those among these that lead elsewhere."""
    rows = Customer.objects.filter(pk__in=customer_ids, merged_into__isnull=False)
    return dict(rows.values_list("pk", "merged_into__pk"))


def people(customer_ids):
    """``{key of a record: the public id of its person}``."""
    if not customer_ids:
        return {}
    rows = Customer.objects.filter(pk__in=customer_ids).only("public_id", "merged_into")
    return {row.pk: row.person_id for row in rows}


def customers(public_ids):
    """The keys of all records that these public ids of persons stand for."""
    found = Customer.objects.filter(Q(public_id__in=public_ids) | Q(merged_into__in=public_ids))
    return list(found.order_by("pk").values_list("pk", flat=True))
