"""Customers become advocates of a program."""

from django.db import IntegrityError, transaction

from advocacy import events, given, persons
from advocacy.models import Advocate, AdvocateStatus
from advocacy.models.program import ProgramStatus
from advocacy.outbox.record import Draft, record
from advocacy.refusals import NotFound, Refused


def enrol(
    *,
    program,
    customer,
    display_name="",
    shows_name=False,
    terms_version=None,
    terms_accepted_at=None,
    by_shop=False,
    at,
):
    """``(advocate, created)``; who is enrolled already comes back as they are.

    ``by_shop``: the shop adds them, so that no rule for joining is asked (``advocate.added``).

    Refuses ``program_ended``; NotFound where customer and program are of two storefronts.
    """
    if customer.storefront_id != program.storefront_id:
        raise NotFound("unknown_customer", "There is no such customer.")
    enrolled = Advocate.objects.filter(program=program, customer__in=persons.ids_of(customer), merged_into=None)
    if known := enrolled.first():
        return known, False
    if program.status == ProgramStatus.ENDED or (program.ends_at and program.ends_at <= at):
        raise Refused("program_ended", "The program has ended; nobody can join it any more.")
    advocate = Advocate(
        storefront_id=program.storefront_id,
        program=program,
        customer=customer,
        display_name=given.line("display_name", display_name, longest=80),
        shows_name=shows_name,
        terms_version=terms_version,
        terms_accepted_at=terms_accepted_at and min(given.moment("terms_accepted_at", terms_accepted_at, at=at), at),
        enrolled_at=at,
        version=1,
    )
    try:
        with transaction.atomic():
            advocate.save(force_insert=True)
            _tell(advocate, events.ADVOCATE_ADDED if by_shop else events.ADVOCATE_ENROLLED, at)
    except IntegrityError:
        return enrolled.get(), False  # the same call, a moment earlier
    return advocate, True


def set_status(*, advocate, status, at):
    """Pause, ban or let go on, by all rows of the same person. Returns the advocate; nothing is recorded where nothing
    changes.
    """
    given.choice("status", status, AdvocateStatus)
    with transaction.atomic():
        for other in persons.records(advocate).exclude(pk=advocate.pk).order_by("pk"):
            _set_status(other, status, at)
        return _set_status(advocate, status, at)


def _set_status(advocate, status, at):
    with transaction.atomic():
        advocate = lock(advocate)
        if advocate.status != status:
            advocate.status = status
            advocate.version += 1
            advocate.save(update_fields=["status", "version"])
            _tell(advocate, events.ADVOCATE_CHANGED, at)
    return advocate


def accept_terms(*, advocate, version, at):
    """They agreed to this version of the program's terms; an older one than they know changes nothing."""
    with transaction.atomic():
        for other in persons.records(advocate).exclude(pk=advocate.pk).order_by("pk"):
            _accept_terms(other, version, at)
        return _accept_terms(advocate, version, at)


def _accept_terms(advocate, version, at):
    with transaction.atomic():
        advocate = lock(advocate)
        if (advocate.terms_version or 0) < version:
            advocate.terms_version, advocate.terms_accepted_at = version, at
            advocate.version += 1
            advocate.save(update_fields=["terms_version", "terms_accepted_at", "version"])
            _tell(advocate, events.ADVOCATE_CHANGED, at)
    return advocate


def lock(advocate):
    return (
        Advocate.objects.select_for_update(no_key=True, of=["self"])
        .select_related("program", "customer", "storefront")
        .get(pk=advocate.pk)
    )


def _tell(advocate, event_type, at):
    draft = Draft(
        type=event_type,
        subject=advocate,
        storefront=advocate.storefront,
        customer=advocate.customer,
        program=advocate.program,
        advocate=advocate,
        facts=_facts(advocate, at),
        occurred_at=at,
    )
    record([draft], at=at)


def _facts(advocate, at):
    return {
        "status": str(advocate.status),
        "terms_version": advocate.terms_version,
        "country": advocate.customer.country,
        "advocate_segments": advocate.customer.segments,
        "advocate_tier": advocate.customer.tier,
        "program_status": str(advocate.program.status_at(at)),
    }
