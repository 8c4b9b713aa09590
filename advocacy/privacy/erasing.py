"""Erase a person: what names them goes, what was ordered, earned and paid stays as it is."""

import hashlib

from django.db.models import Q

from advocacy import customers, ids, jobs, persons
from advocacy.models import Customer, Job, Merge, Suppression, SuppressionReason
from advocacy.models.job import ACTIVE
from advocacy.privacy import parts
from advocacy.refusals import Refused

JOB = "erasure"


def erase(*, customer, at, by=None):
    """A job that erases this customer; the one that goes on where there is one. It cannot be undone.

    Of a person with several records each is erased by a job of its own; that of the survivor is answered.

    Refuses who is erased already (``already_erased``).
    """
    customer = customers.lock(customer)
    if customer.erased_at:
        raise Refused("already_erased", "This customer is erased already; nothing that names them is kept.")
    for other in persons.records(customer).exclude(pk=customer.pk).filter(erased_at=None):
        _start(other, at, by)
    return _start(customer, at, by)


def _start(customer, at, by):
    going_on = jobs_of(customer).filter(state__in=ACTIVE).first()
    parameters = {"customer": ids.encode("cus", customer.public_id)}
    return going_on or jobs.start(storefront=customer.storefront, kind=JOB, parameters=parameters, at=at, by=by)


def jobs_of(customer):
    """The newest first."""
    name = ids.encode("cus", customer.public_id)
    mine = Job.objects.filter(storefront=customer.storefront_id, kind=JOB, parameters__customer=name)
    return mine.order_by("-id")


def step(*, job, at):
    """Of the job: a part of what must be searched through, and at the end, at once, all rows that name the person."""
    public_id = ids.decode("cus", job.parameters["customer"])
    customer = Customer.objects.select_related("storefront").get(storefront=job.storefront_id, public_id=public_id)
    searches, place = parts.searches(), job.cursor.get("search", 0)
    if place < len(searches):
        further = searches[place](customer=customer, cursor=job.cursor.get("at", {}), at=at)
        cursor = {"search": place + 1} if further is None else {"search": place, "at": further}
        return jobs.Progress(cursor=cursor, done=job.done + 1)
    erase_rows(customer=customer, at=at)
    return jobs.Progress(cursor=job.cursor, done=job.done + 1, total=job.done + 1, result={"erased": 1})


def erase_rows(*, customer, at):
    """All rows that name them, in the caller's transaction, who has seen to what must be searched through."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if customer.erased_at:
        return
    if customer.email_key:
        digest = digest_of(customer.storefront, customer.email_key)
        erased = {"reason": SuppressionReason.ERASED, "said": "", "since": at}
        Suppression.objects.update_or_create(storefront=customer.storefront, digest=digest, defaults=erased)
    for part in parts.all():
        part.erase(customer, at=at)
    for merge in Merge.objects.filter(Q(survivor=customer) | Q(merged=customer)):
        # Nothing of it can be filled in again, nor taken back.
        merge.kept["filled"], merge.reason, merge.undone_reason = {}, "", ""
        merge.save(update_fields=["kept", "reason", "undone_reason"])
    # Last: the others find the person by what the row says.
    customers.forget(customer=customer, at=at)


def suppressed(*, storefront, email_key):
    """Whether this address (``emails.normalise``) is not to be written to unless they ask: its person was erased or
    unsubscribed, or the address bounced.
    """
    return Suppression.objects.filter(storefront=storefront, digest=digest_of(storefront, email_key)).exists()


def digest_of(storefront, email_key):
    """An address nobody can read; the same one of another storefront's looks different."""
    return hashlib.sha256(f"{storefront.public_id}:{email_key}".encode()).digest()
