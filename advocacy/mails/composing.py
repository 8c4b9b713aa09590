"""The words of a mail, from the rows as they are now, in the language of whoever reads it."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from advocacy import colours, offers, persons, reading, reasons, secrets, terms
from advocacy.mails import inviting, kinds, stopping
from advocacy.models import Advocate, Customer, MailKind, MailWording, Program

_PLACE = re.compile(r"\{([a-z]+)\}")
# The fact whose day a mail names, where it is not when something is due.
_DAY_OF = {MailKind.REWARD_EXPIRING: "expires_at", MailKind.CLAIM: "claimed_at"}
_WORDS = ("subject", "heading", "text", "button")


@dataclass(frozen=True)
class Message:
    """``off``: the address of one-click unsubscribing; empty where a mail is not to be switched off."""

    subject: str
    text: str
    html: str
    to: str
    sender: str
    reply_to: str = ""
    off: str = ""
    headers: dict = field(default_factory=dict)

    def to_send(self, *, name, connection=None):
        """As Django sends it. ``name``: the mail's id, the same at a second try, so that mailboxes know it again."""
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        headers = {"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"}
        if self.off:
            headers |= {"List-Unsubscribe": f"<{self.off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        message = EmailMultiAlternatives(
            self.subject,
            self.text,
            self.sender,
            [self.to],
            headers=headers,
            reply_to=[self.reply_to] if self.reply_to else None,
            connection=connection,
        )
        message.attach_alternative(self.html, "text/html")
        message.metadata = {"mail": name}  # what a mail service tells back with a bounce
        return message


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What a mail is about, and when it is written."""

    kind: kinds.Kind
    program: Program
    customer: Customer
    facts: dict
    advocate: Advocate | None
    at: datetime

    @property
    def storefront(self):
        return self.program.storefront


def compose(mail, *, customer, at):
    """The Message of a row. ``customer``: who counts for the one it is to."""
    if mail.kind == MailKind.INVITATION:
        return _invitation(mail, at)
    if mail.event_id is None:
        said = json.loads(secrets.open(mail.content))
        return Message(**said, sender=_sender(mail.storefront), reply_to=_reply_to(mail.storefront))
    about = Occasion(
        kind=kinds.KINDS[mail.kind],
        program=mail.program,
        customer=customer,
        facts=mail.event.facts,
        advocate=mail.event.advocate,
        at=at,
    )
    return _composed(about, language_of(customer, mail.storefront))


def _invitation(mail, at):
    said = inviting.said(mail)
    about = Occasion(
        kind=kinds.KINDS[MailKind.INVITATION],
        program=mail.program,
        customer=Customer(email=said["to"], storefront=mail.storefront),
        facts=said,
        advocate=mail.advocate,
        at=at,
    )
    return _composed(about, language_of(mail.advocate.customer, mail.storefront))


def sample(*, program, kind, language, at, wording=None):
    """A Message of this kind to nobody, for the preview."""
    kind = kinds.KINDS[MailKind(kind)]
    nobody = Customer(name="Alice Miller", email="alice@example.com", storefront=program.storefront)
    alice = None
    if kind.kind == MailKind.INVITATION:
        nobody.name, alice = "", Advocate(display_name="Alice", shows_name=True, program=program)
    language, facts = reading.supported(language) or settings.LANGUAGE_CODE, dict(kind.example or {})
    if "words" in facts:
        with translation.override(language):
            facts["words"] = gettext(facts["words"])
    about = Occasion(kind=kind, program=program, customer=nobody, facts=facts, advocate=alice, at=at)
    return _composed(about, language, wording=wording)


def language_of(customer, storefront):
    return reading.supported(customer.locale) or reading.supported(storefront.language) or settings.LANGUAGE_CODE


def _composed(about, language, *, wording=None):
    program, storefront = about.program, about.storefront
    with translation.override(language):
        values = _values(about)
        said = _said(about, language, values, wording)
        off = _way_out(about)
        look = {name: said[name] for name in ("subject", "heading", "button")} | {
            "storefront": storefront,
            "program": program,
            "language": language,
            "paragraphs": [each.strip() for each in re.split(r"\n\s*\n", said["text"]) if each.strip()],
            "quote": about.facts.get("words", ""),
            "advocate": values["advocate"],
            "promotional": about.kind.promotional,
            "takes_part": _takes_part(about),
            "invited": about.kind.kind == MailKind.INVITATION,
            "marked": values["amount"] or values["link"],
            "is_link": not values["amount"],
            "leads_to": _leads_to(about),
            "name": values["name"],
            "off": off,
            **paint(program.mail_colour or storefront.colour),
        }
        return Message(
            subject=" ".join(said["subject"].split()),
            text=_plain(render_to_string("advocacy/mail/mail.txt", look)),
            html=render_to_string("advocacy/mail/mail.html", look),
            to=about.customer.email or "",
            sender=_sender(storefront),
            reply_to=_reply_to(storefront),
            off=off,
        )


def _takes_part(about):
    """Whether they joined, as the sample's nobody did; a friend who was brought need not have."""
    customer = about.customer
    return customer.pk is None or persons.of_advocate(customer).filter(program=about.program).exists()


def paint(colour):
    """The colours of a mail, on white: a mail program that knows a dark paper makes its own of them."""
    return {"colour": colour, "on_colour": colours.text_on(colour), "edge": colours.edge_of(colour, scheme="light")}


def _said(about, language, values, wording):
    kind = about.kind
    mine = MailWording.objects.filter(program=about.program, kind=kind.kind, language=language)
    own = wording or mine.first()
    words = {name: (own and getattr(own, name)) or _translated(getattr(kind, name)) for name in _WORDS}
    return {name: _PLACE.sub(lambda found: values.get(found[1], ""), text) for name, text in words.items()}


def _translated(text):
    return gettext(text) if text else ""


def _values(about):
    facts = about.facts
    amount = kinds.amount_of(facts) if about.kind.names_amount else None
    ends = facts.get(_DAY_OF.get(about.kind.kind, "due_at"))
    zone = about.program.time_zone
    return {
        "name": _reader_name(about.customer),
        "advocate": _advocate_name(about.advocate),
        "shop": about.storefront.name,
        "program": about.program.name,
        "amount": reading.amount(*amount) if amount else "",
        "day": reading.day(datetime.fromisoformat(ends), zone=zone, at=about.at) if ends else "",
        "offer": _offer(about),
        "link": _link(about),
        "changes": _changes(about),
        "answer": _answer(about),
    }


def _reader_name(customer):
    """As they are called, unless it would be an address: whoever signs a mailbox up types its name, too."""
    return "" if inviting.has_address(customer.name) else customer.name


def _advocate_name(advocate):
    """The first name that they let friends read."""
    named = advocate and advocate.shows_name and not inviting.has_address(advocate.display_name)
    return (named and advocate.display_name) or gettext("A friend")


def _way_out(about):
    if about.kind.kind == MailKind.INVITATION:
        token = stopping.never_token(storefront=about.storefront, address=about.customer.email)
        return _address(about.storefront, "mails-never", token)
    return _address(about.storefront, "mails-off", stopping.token(about.customer)) if about.kind.stoppable else ""


def _offer(about):
    """What the program offers the reader now; only in kinds that say so."""
    if about.kind.kind == MailKind.WELCOME:
        promise = offers.in_force(program=about.program, at=about.at, advocate=about.advocate)
        return "\n\n".join(offers.lines(promise))
    if about.kind.kind in (MailKind.FRIEND_OFFER, MailKind.INVITATION):
        promise = offers.in_force(program=about.program, at=about.at)
        return "\n\n".join(_to_friend(offer) for offer in promise.of_friend)
    return ""


def _to_friend(offer):
    said = offers.to_friend(offer)
    return " ".join(part for part in (f"{said[:1].upper()}{said[1:]}.", offers.conditions(offer)) if part)


def _link(about):
    if about.kind.kind != MailKind.WELCOME:
        return ""
    code = about.advocate.code if about.advocate else "ALICE-K7QD"
    return _address(about.storefront, "redirect", code) if code else ""


def _changes(about):
    """What a new version of the terms says of itself, in the reader's language."""
    if about.kind.kind != MailKind.TERMS:
        return ""
    mine, number = about.program.terms, about.facts["number"]
    # The preview shows what comes next, which has no number yet.
    row = mine.filter(number=number).first() if number else mine.order_by("-pk").first()
    return terms.read(row, translation.get_language())["summary"] if row else ""


def _answer(about):
    """What became of a missing friend, of whom nothing is told."""
    if about.kind.kind != MailKind.CLAIM:
        return ""
    if about.facts["refusal"]:
        return gettext(reasons.REASONS[about.facts["refusal"]].advocate)
    return gettext("It counts: your friend stands in your list now. What you earn by it follows as with every friend.")


def _leads_to(about):
    if about.kind.leads_to == "shop":
        return about.storefront.url
    if about.kind.leads_to == "link":
        return _address(about.storefront, "redirect", about.facts["code"])
    if about.kind.leads_to == "confirm":
        return _address(about.storefront, "mails-confirm", stopping.confirm_token(about.customer))
    return f"{settings.BASE_URL}/portal/"


def _address(storefront, route, name):
    base = f"https://{storefront.link_domain}" if storefront.link_domain else settings.BASE_URL
    return base + reverse(route, args=[name])


def _sender(storefront):
    if storefront is None:
        return settings.DEFAULT_FROM_EMAIL
    address = storefront.mail_from or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((storefront.name, address))


def _reply_to(storefront):
    return storefront.mail_reply_to if storefront else ""


def _plain(text):
    """At most one empty line together."""
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", text).strip() + "\n"
