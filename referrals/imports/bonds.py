"""Who brought whom before, from a file: advocates with their codes, and the friends they are bound to."""

from django.db import transaction

from advocacy import customers, enrolment, given, ids
from advocacy.models import Program, TermsSource
from advocacy.refusals import Refused
from referrals import attribution, links
from referrals.imports import outcomes, own, people

_MOST_VERSIONS = 1_000_000


def take(*, row, read, outcome, at):
    """Add to the Outcome what became of ``[(line, fields)]``."""
    programs = {}
    for line, fields in read:
        try:
            with transaction.atomic():
                what = _referral(row, fields, programs, at)
        except Exception as error:
            outcome.add(line, outcomes.REFUSED, outcomes.sentence(error))
        else:
            outcome.add(line, what)


def _referral(row, fields, programs, at):
    given.known(fields, own.REFERRALS)
    since = given.moment("bound_at", fields.get("bound_at") or row.created_at, at=at)
    program = _program(row, fields.get("program", ""), programs)
    person = _who(row, "advocate", fields, since, at)
    if person is None:
        raise Refused("missing_field", "It names no advocate: advocate_id or advocate_email.")
    name = str(fields.get("advocate_name") or "")[:80]
    code, agreed = fields.get("code"), _agreed_terms(fields, at)
    advocate, _, enrolled = links.enrol(
        program=program, customer=person, display_name=name, code=code, by_shop=True, at=at
    )
    accepted = agreed and enrolment.accept_terms(advocate=advocate, **agreed, at=at)[1]
    friend = _who(row, "friend", fields, since, at)
    if friend is None:
        return outcomes.NEW if enrolled else outcomes.changed_if(accepted)
    _, created = attribution.bring(advocate=advocate, friend=friend, bound_at=since, at=at)
    return outcomes.NEW if created else outcomes.changed_if(enrolled or accepted)


def _agreed_terms(fields, at):
    """To which terms of the program the advocate agreed, and when; {} where nothing is said."""
    version, moment = fields.get("terms_version"), fields.get("terms_agreed_at")
    if version is None and moment is None:
        return {}
    if version is None or moment is None:
        missing = "terms_version" if version is None else "terms_agreed_at"
        given.refuse(missing, f"{missing} is missing: tell both the version and the time.", code="missing_field")
    version = given.whole("terms_version", version, least=1, most=_MOST_VERSIONS)
    accepted_at = given.moment("terms_agreed_at", moment, at=at)
    if accepted_at > at:
        given.refuse("terms_agreed_at", "terms_agreed_at is in the future.", code="date_in_future")
    return {"version": version, "accepted_at": accepted_at, "source": TermsSource.IMPORT}


def _who(row, side, fields, since, at):
    """The customer who is told, as of then; None where nobody is."""
    said = {"external_id": fields.get(f"{side}_id"), "email": fields.get(f"{side}_email")}
    said = {name: str(value) for name, value in said.items() if value}
    if not said:
        return None
    name = {"name": str(fields[f"{side}_name"])} if fields.get(f"{side}_name") else {}
    said = own.known_customer(said | name | {"updated_at": since})
    ((_, what, why),) = people.tell(row.storefront, [(0, said, customers.columns(said, at))], at)
    if what == outcomes.REFUSED:
        raise Refused("invalid_customer", why)
    return customers.find(storefront=row.storefront, external_id=said.get("external_id"), email=said.get("email"))


def _program(row, name, known):
    name = str(name)
    if name not in known:
        mine = Program.objects.filter(storefront=row.storefront)
        public = ids.decode("prg", name)
        chosen = mine.filter(public_id=public) if public else mine.filter(slug=name) if name else mine.none()
        known[name] = chosen.first() or (None if name else row.program)
        if known[name] is None and not name and mine.count() == 1:
            known[name] = mine.get()
    if known[name] is None:
        raise Refused("unknown_program", f"There is no program “{name}”." if name else "It names no program.")
    return known[name]
