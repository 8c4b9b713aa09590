"""An advocate's codes and addresses."""

import re
import secrets
import unicodedata
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction

from advocacy import destinations, enrolment, given, ids
from advocacy.models import Advocate, AdvocateStatus, ProgramStatus, TermsSource
from advocacy.models.program import unsafe_destination
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict
from referrals import events
from referrals.models import Link, LinkStatus

# What people could take for a page of ours, or for us speaking.
RESERVED = frozenset(
    "ABOUT ACCOUNT ACCOUNTS ADMIN API APP ASSETS BILLING CHECKOUT CLICK CODE COUPON DEFAULT DOCS HEALTHZ HELP HOME "
    "INDEX INVITE LANDING LEGAL LINK LINKS LOGIN LOGOUT NEW NONE NULL OFFICIAL PORTAL PRIVACY ROBOTS ROOT SECURITY "
    "SETTINGS SIGNUP STAFF STATIC STATUS SUPPORT SYSTEM TERMS TEST UNDEFINED USER WEBHOOKS WWW".split()
)
_VANITY = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{1,38})[A-Z0-9]").fullmatch
# What may stand in braces in a link's own destination.
_OF_A_LINK = ("click_id", "code", "coupon")
# What is asked besides a link before its event is told.
_TOLD_OF = ("program", "advocate__customer", "advocate__storefront")
_LONGEST_NAME = 12
_SHORTEST_NAME = 2
_TRIES = 12
_FARTHEST_END = timedelta(days=36500)


def enrol(
    *,
    program,
    customer,
    display_name="",
    shows_name=False,
    code=None,
    terms_version=None,
    terms_accepted_at=None,
    terms_source=TermsSource.API,
    terms_language="",
    by_shop=False,
    at,
):
    """``(advocate, first link, created)``, in one transaction; who is enrolled already comes back as they are.
    ``by_shop``: as in ``enrolment.enrol``.

    Refuses ``program_ended``, ``invalid_code`` and ``code_taken`` (also where the advocate has no link of that code).
    """
    with transaction.atomic():
        advocate, created = enrolment.enrol(
            program=program,
            customer=customer,
            display_name=display_name,
            shows_name=shows_name,
            terms_version=terms_version,
            terms_accepted_at=terms_accepted_at,
            terms_source=terms_source,
            terms_language=terms_language,
            by_shop=by_shop,
            at=at,
        )
        advocate, link = _with_first_link(advocate, code, at, by_shop=by_shop)
        if code and link.code != _vanity(code):
            link = advocate.links.filter(code=_vanity(code)).first()
            if link is None:
                raise Conflict(
                    "already_enrolled", f"They are enrolled with the code {advocate.code}; add a link instead."
                )
    return advocate, link, created


def first_link_for(*, events, at):
    """Handler of advocate.enrolled: whoever was enrolled without a link gets the first one."""
    enrolled = {event.advocate_id for event in events}
    for advocate in Advocate.objects.filter(pk__in=enrolled, links=None).order_by("pk"):
        with transaction.atomic():
            _with_first_link(advocate, None, at)


def _with_first_link(advocate, code, at, *, by_shop=False):
    advocate = enrolment.lock(advocate)
    link = advocate.links.order_by("id").first()
    if link is None:
        link = create(advocate=advocate, code=code, by_shop=by_shop, at=at)
        advocate.code = link.code
        advocate.save(update_fields=["code"])
    return advocate, link


def create(*, advocate, code=None, channel="", destination="", expires_at=None, by_shop=False, at):
    """A new link of this advocate; ``by_shop``: told as one that nobody asked for (``link.added``).

    ``code``: 3 to 40 of A–Z, 0–9 and -, any case; without one it is made. ``destination``: on the program's hosts.
    A test twin's link gives up a code that a live one wants. Refuses ``invalid_code``, ``code_taken`` (Conflict) and
    ``unsafe_destination``.
    """
    wanted = _vanity(code) if code else None
    link = Link(
        storefront_id=advocate.storefront_id,
        program=advocate.program,
        advocate=advocate,
        domain=advocate.storefront.link_domain.lower(),
        channel=given.text("channel", channel, longest=40),
        destination=_checked(advocate.program, destination),
        expires_at=_end(expires_at, at),
        created_at=at,
        version=1,
    )
    for _ in range(_TRIES):
        link.code = wanted or _made(advocate)
        try:
            with transaction.atomic():
                link.save(force_insert=True)
                _tell(link, events.LINK_ADDED if by_shop else events.LINK_CREATED, at)
        except IntegrityError:
            link.pk = None
            if wanted and not _given_up_by_a_test(link, at):
                break
        else:
            return link
    raise Conflict("code_taken", f"The code {link.code} is taken; choose another.", errors={"code": "It is taken."})


def _given_up_by_a_test(wanted, at):
    """Whether it was a test that held the code which this live link wants, and has another now."""
    if wanted.advocate.storefront.test_twin_of_id:
        return False
    held = Link.objects.filter(code=wanted.code, domain=wanted.domain, storefront__test_twin_of__isnull=False)
    found = held.select_related("advocate").first()
    if found is None:
        return False
    with transaction.atomic():
        # Before the link, as where an advocate gets one more.
        enrolment.lock(found.advocate)
        link = held.select_for_update(no_key=True, of=["self"]).select_related(*_TOLD_OF).first()
        if link:
            recode(link)
            link.version += 1
            link.save(update_fields=["version"])
            _tell(link, events.LINK_CHANGED, at)
    return True


def recode(link):
    """A code that says nothing takes the place of this link's, also where its advocate is named by it."""
    before, link.code = link.code, free_code()
    Link.objects.filter(pk=link.pk).update(code=link.code)
    if link.advocate.code == before:
        link.advocate.code = link.code
        link.advocate.save(update_fields=["code"])


def set_status(*, link, status, at):
    """Switch a link off, or on again. Whoever came through it before stays bound."""
    given.choice("status", status, LinkStatus)
    with transaction.atomic():
        rows = Link.objects.select_for_update(no_key=True, of=["self"])
        link = rows.select_related(*_TOLD_OF).get(pk=link.pk)
        if link.status != status:
            link.status = status
            link.version += 1
            link.save(update_fields=["status", "version"])
            _tell(link, events.LINK_CHANGED, at)
    return link


def closed_because(link, *, at, clicked_at=None):
    """The reason key for which a link leads nowhere and binds nobody at a moment, or "" where it is open.

    ``clicked_at``: a click counts as long as the program's window, though its link ends meanwhile. Asks nothing of
    the database where the link has its program and advocate. ``clicks.opening`` says the same in SQL.
    """
    program, advocate = link.program, link.advocate
    ended = program.status == ProgramStatus.ENDED or (program.ends_at and program.ends_at <= at)
    not_open = program.status == ProgramStatus.PAUSED or (program.starts_at and program.starts_at > at)
    closed = {
        "program_ended": ended,
        "program_paused": not_open,
        "advocate_banned": advocate.status == AdvocateStatus.BANNED,
        "link_disabled": link.status == LinkStatus.DISABLED,
        "link_expired": link.expires_at and link.expires_at <= (clicked_at or at),
    }
    return next((key for key, is_so in closed.items() if is_so), "")


def address(link):
    """The whole address that is shared."""
    return f"https://{link.domain}/r/{link.code}" if link.domain else f"{settings.BASE_URL}/r/{link.code}"


def qr_address(link):
    """Of a picture of it to scan; ``.png`` in the place of ``.svg`` is the same for mails."""
    return f"{address(link)}/qr.svg"


def _vanity(code):
    wanted = str(code).strip().upper()
    if not _VANITY(wanted):
        given.refuse("code", "A code is 3 to 40 of A–Z, 0–9 and -, without - at its ends.", code="invalid_code")
    if wanted in RESERVED:
        given.refuse("code", f"{wanted} is reserved; choose another.", code="invalid_code")
    return wanted


def free_code():
    """One that says nothing of anybody and that nobody else has."""
    return ids.base32(secrets.randbits(60), length=12).upper()


def _made(advocate):
    """The first name that friends may read and four letters, or eight letters."""
    name = _plain_name(advocate.display_name) if advocate.shows_name else ""
    length = 4 if name else 8
    return name + ids.base32(secrets.randbits(5 * length), length=length).upper()


def _plain_name(display_name):
    first = (display_name.split() or [""])[0]
    letters = [sign for sign in unicodedata.normalize("NFKD", first).upper() if "A" <= sign <= "Z"]
    return "".join(letters)[:_LONGEST_NAME] if len(letters) >= _SHORTEST_NAME else ""


def _end(expires_at, at):
    """A link may end far ahead, unlike anything that has happened."""
    if not expires_at:
        return None
    moment = given.moment("expires_at", expires_at, at=at + _FARTHEST_END)
    if moment <= at:
        given.refuse("expires_at", f"expires_at is {moment.isoformat()}, which is over.")
    return moment


def _checked(program, destination):
    destination = given.text("destination", destination, longest=500)
    if not destination:
        return ""
    problem = unsafe_destination(destination) or destinations.unknown(destination, known=_OF_A_LINK)
    if not problem and urlsplit(destination).hostname not in program.hosts():
        problem = f"A link of this program may lead to: {', '.join(sorted(program.hosts()))}."
    if problem:
        given.refuse("destination", problem, code="unsafe_destination")
    return destination


def _tell(link, event_type, at):
    draft = Draft(
        type=event_type,
        subject=link,
        storefront=link.advocate.storefront,
        customer=link.advocate.customer,
        program=link.program,
        advocate=link.advocate,
        facts={"link": str(link.public_id), "status": link.status},
        occurred_at=at,
    )
    record([draft], at=at)
