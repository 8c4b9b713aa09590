"""Versions of a program's terms: published once, agreed to by advocates, asked for again after a material change.

While an advocate has not agreed to what they must, payouts to them wait; sharing, binding, earning and crediting do
not ask.
"""

import re
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.urls import reverse

from advocacy import events, given, ids, persons
from advocacy.models import Advocate, AdvocateStatus, Program, ProgramTerms, TermsAcceptance, TermsSource
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, Refused

# So far a shop's clock may be behind ours when it says that somebody agreed to a version that was just published.
SKEW = timedelta(minutes=5)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?", re.IGNORECASE | re.ASCII).fullmatch
# What a shop says of terms that nobody knows here: our own numbers begin after it, and must stay sayable for ever.
_MOST_TOLD = 10_000


def current(program):
    """The newest published version, or None where the program has no terms."""
    return program.terms.filter(published_at__isnull=False).order_by("-number").first()


def read(terms, language):
    """``{"language", "text", "address", "summary"}`` of a version: in this language, or the shop's, or any."""
    wanted = (language, terms.storefront.language, *terms.words)
    known = next((each for each in wanted if each in terms.words), "")
    return {"language": known, "text": "", "address": "", "summary": ""} | terms.words.get(known, {})


def address(terms):
    """Where a published version is read by anybody."""
    domain = terms.storefront.link_domain
    return (f"https://{domain}" if domain else settings.BASE_URL) + reverse(
        "terms", args=[ids.encode("trm", terms.public_id)]
    )


def moved(storefront):
    """The storefront's links live somewhere else now: so do the terms of its programs."""
    for program in storefront.programs.exclude(terms_url=""):
        if newest := current(program):
            program.terms_url = address(newest)
            program.save(update_fields=["terms_url"])


def fingerprint(terms):
    """Of what a draft says now, and whether everybody is asked."""
    return given.digest([terms.words, terms.material]).hex()


def publish(*, terms, by, at, read=""):
    """Publish a draft; returns it with its number. ``by``: who, in words; ``read``: the ``fingerprint`` they saw.

    Numbers that a shop told of terms that nobody knew here are not used again. Refuses ``terms_empty``, and as
    Conflict ``published_already`` and ``draft_changed``.
    """
    with transaction.atomic():
        program = Program.objects.select_for_update(no_key=True).get(pk=terms.program_id)
        terms = ProgramTerms.objects.select_for_update().select_related("storefront").get(pk=terms.pk)
        if terms.published_at:
            raise Conflict("published_already", "This version was published before.")
        if read and read != fingerprint(terms):
            raise Conflict("draft_changed", "Somebody changed this draft meanwhile. Go back, and read it again.")
        if not any(said.get("text") or said.get("address") for said in terms.words.values()):
            raise Refused("terms_empty", "Write the terms, or the address where they stand, in at least one language.")
        told = Advocate.objects.filter(program=program).aggregate(Max("terms_version"))["terms_version__max"]
        terms.number = 1 + max(program.terms_version, told or 0)
        terms.published_at, terms.published_by, terms.version = at, given.in_line(str(by))[:150], 1
        terms.save()
        program.terms_version, program.terms_url = terms.number, address(terms)
        program.terms_needed = terms.number if terms.material else program.terms_needed
        program.save(update_fields=["terms_version", "terms_url", "terms_needed"])
        _tell_published(terms, at)
    return terms


def to_be_asked(program, *, number=None):
    """Who must agree to what is published now, or to the version ``number``, before they are paid; as a queryset."""
    ours = Advocate.objects.filter(program=program, merged_into=None, customer__erased_at=None)
    ours = ours.exclude(status=AdvocateStatus.BANNED)
    late = Q(terms_version__isnull=True) | Q(terms_version__lt=number or F("program__terms_needed"))
    return ours.filter(late)


def missing(advocates):
    """The keys of those who have not agreed to what they must; asks nothing where all have.

    Of a person whose records were merged any record's agreement counts: it is the person who agrees, and a merge says
    that both are one. Parted again, each has its own.
    """
    late = [one for one in advocates if (one.terms_version or 0) < required(one)]
    if not late:
        return set()
    people = {one.person_id for one in late}
    rows = Advocate.objects.filter(Q(public_id__in=people) | Q(merged_into__in=people))
    agreed = {}
    for public_id, into, number in rows.values_list("public_id", "merged_into", "terms_version"):
        person = into or public_id
        agreed[person] = max(agreed.get(person, 0), number or 0)
    return {one.pk for one in late if agreed[one.person_id] < required(one)}


def newest_agreed(advocate):
    """The record of the person that agreed to the newest version, or None where none did to any."""
    mine = Advocate.objects.filter(pk__in=persons.advocates_of(advocate)).exclude(terms_version=None)
    return mine.order_by("-terms_version", "pk").first()


def required(advocate):
    """The oldest version that is enough for a payout to this advocate; 0: none is."""
    return max(advocate.program.terms_needed, advocate.terms_floor)


def wanted(advocate):
    """The version that the advocate is asked to agree to, or None."""
    return current(advocate.program) if missing([advocate]) else None


def joining(*, program, version, accepted_at, at):
    """``(the terms that are agreed to or None, columns)`` of who is about to become an advocate.

    Without a version they take part, and payouts wait for it. Of a program without terms here, what the shop says is
    kept as it says it. Refuses as ``accept`` does.
    """
    newest = current(program) if program.terms_version else None
    if newest is None and (version or 0) > _MOST_TOLD:
        given.refuse("terms_accepted", f"A version that only you know is numbered {_MOST_TOLD} at most.")
    moment = _moment(accepted_at, at) if accepted_at or newest else None
    columns = {"terms_floor": newest.number if newest else 0, "terms_version": version}
    if newest and version is not None:
        _refuse_other(newest, version)
        _refuse_too_early(newest, moment)
    columns["terms_accepted_at"] = None if newest and version is None else moment
    return (newest if version is not None else None), columns


def joined(*, advocate, terms, source, at, language=""):
    """Note what a new advocate agreed to as they joined, in the transaction that made them."""
    return _write(advocate, terms, source=source, language=language, moment=advocate.terms_accepted_at, at=at)


@transaction.atomic
def accept(*, advocate, version, source, at, accepted_at=None, language=""):
    """``(TermsAcceptance, whether it is new)``: they agreed to this version, at ``accepted_at`` or now.

    That they agreed to it before stays as it was. Refuses ``no_terms``, ``terms_not_current``, ``accepted_too_early``
    and ``customer_erased``.
    """
    persons.lock_to_tell_of(advocate.customer)
    advocate = _lock(persons.survivor(advocate))
    newest, moment = current(advocate.program), _moment(accepted_at, at)
    _refuse_other(newest, version)
    known = TermsAcceptance.objects.filter(advocate__in=persons.advocates_of(advocate), terms__number=version)
    if before := known.select_related("terms", "advocate__program").order_by("pk").first():
        return before, False
    _refuse_too_early(newest, moment)
    try:
        with transaction.atomic():
            made = _write(advocate, newest, source=source, language=language, moment=moment, at=at)
    except IntegrityError:
        return known.get(), False
    if (advocate.terms_version or 0) < version:
        advocate.terms_version, advocate.terms_accepted_at = version, moment
        advocate.version += 1
        advocate.save(update_fields=["terms_version", "terms_accepted_at", "version"])
    return made, True


def _moment(accepted_at, at):
    return min(given.moment("at", accepted_at, at=at), at) if accepted_at else at


def _refuse_other(newest, version):
    if newest is None:
        raise Refused("no_terms", "This program has no terms to agree to; publish them in the admin first.")
    if newest.number != version:
        raise Refused(
            "terms_not_current",
            f"Version {version} is not what the program’s terms say now: show version {newest.number} and send that.",
            errors={"version": f"must be {newest.number}, the current one"},
        )


def _refuse_too_early(newest, moment):
    if moment < newest.published_at - SKEW:
        raise Refused(
            "accepted_too_early",
            f"Version {newest.number} was published at {newest.published_at.isoformat()}: nobody can have agreed "
            "before. Ask them again, and send the time when they agreed.",
            errors={"at": "is before that version was published"},
        )


def _write(advocate, terms, *, source, language, moment, at):
    made = TermsAcceptance(
        storefront_id=advocate.storefront_id,
        advocate=advocate,
        terms=terms,
        source=given.choice("source", source, TermsSource),
        language=_language(language),
        at=moment,
        recorded_at=at,
    )
    made.save(force_insert=True)
    draft = Draft(
        type=events.TERMS_ACCEPTED,
        subject=made,
        storefront=advocate.storefront_id,
        customer=advocate.customer,
        program=advocate.program,
        advocate=advocate,
        facts={"number": terms.number, "source": made.source},
        occurred_at=moment,
    )
    record([draft], at=at)
    return made


def _language(said):
    """In which they read it, as it is said: a shop may have shown words of its own in one that is not spoken here."""
    if said and not _LANGUAGE(said):
        given.refuse("language", "language is written such as en or pt-br.")
    return said.lower()


def _lock(advocate):
    mine = Advocate.objects.select_for_update(no_key=True, of=["self"])
    return mine.select_related("program", "customer").get(pk=advocate.pk)


def _tell_published(terms, at):
    draft = Draft(
        type=events.TERMS_PUBLISHED,
        subject=terms,
        storefront=terms.storefront_id,
        program=terms.program_id,
        facts={"number": terms.number, "material": terms.material, "languages": sorted(terms.words)},
        occurred_at=at,
    )
    record([draft], at=at)
