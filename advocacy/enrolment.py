"""Customers become advocates of a program."""

from django.db import IntegrityError, transaction

from advocacy import events, given, persons, terms
from advocacy.models import Advocate, AdvocateStatus, TermsSource
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
    terms_source=TermsSource.API,
    terms_language="",
    by_shop=False,
    at,
):
    """``(advocate, created)``; who is enrolled already comes back as they are.

    ``by_shop``: the shop adds them, so that no rule for joining is asked (``advocate.added``). ``terms_version``: what
    they agreed to; without it, payouts wait where the program has terms.

    Refuses ``program_ended``, and ``terms_not_current`` as ``terms.accept`` does; NotFound where customer and program
    are of two storefronts.
    """
    if customer.storefront_id != program.storefront_id:
        raise NotFound("unknown_customer", "There is no such customer.")
    enrolled = Advocate.objects.filter(program=program, customer__in=persons.ids_of(customer), merged_into=None)
    if known := enrolled.first():
        return known, False
    if program.status == ProgramStatus.ENDED or (program.ends_at and program.ends_at <= at):
        raise Refused("program_ended", "The program has ended; nobody can join it any more.")
    agreed, columns = terms.joining(program=program, version=terms_version, accepted_at=terms_accepted_at, at=at)
    advocate = Advocate(
        storefront_id=program.storefront_id,
        program=program,
        customer=customer,
        display_name=given.line("display_name", display_name, longest=80),
        shows_name=shows_name,
        enrolled_at=at,
        version=1,
        **columns,
    )
    try:
        with transaction.atomic():
            advocate.save(force_insert=True)
            _tell(advocate, events.ADVOCATE_ADDED if by_shop else events.ADVOCATE_ENROLLED, at)
            if agreed:
                terms.joined(advocate=advocate, terms=agreed, source=terms_source, language=terms_language, at=at)
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


def accept_terms(*, advocate, version, source, at, accepted_at=None, language=""):
    """``(TermsAcceptance, whether it is new)`` as ``terms.accept``; that the advocate changed is told too."""
    with transaction.atomic():
        made, new = terms.accept(
            advocate=advocate, version=version, source=source, at=at, accepted_at=accepted_at, language=language
        )
        if new:
            _tell(lock(made.advocate), events.ADVOCATE_CHANGED, at)
    return made, new


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
