"""The base's own part: the customer, who they are as an advocate, what they said."""

import json

import pgtrigger
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat

from advocacy import emails, enrolment, expectations, secrets
from advocacy.models import (
    Advocate,
    AdvocateStatus,
    Answer,
    Attempt,
    Consent,
    Customer,
    Mail,
    MailReason,
    MailState,
    PortalSession,
    Report,
    Standing,
    TermsAcceptance,
    Testimonial,
)
from advocacy.models import TestimonialStatus as Status
from advocacy.privacy.exporting import rows

_CUSTOMER = ("external_id", "email", "name", "phone", "locale", "country", "time_zone", "source", "traits")
_TEXT_OF_NOBODY = "(erased)"


def told(customer):
    me = {"customer": customer}
    said = ("text", "rating", "display_name", "consent_at", "consent_wording", "status", "reason", "sent_at")
    joined = ("display_name", "shows_name", "status", "terms_version", "terms_accepted_at", "enrolled_at", "code")
    answered = ("survey", "answer_id", "kind", "score", "scale_min", "scale_max", "answered_at")
    reported = ("event_id", "type", "touchpoint", "facts", "occurred_at")
    agreed = ("channel", "state", "basis", "wording_version", "at", "source")
    dealt = ("orders", "revenue_minor", "refunded_minor", "friends_joined", *expectations.COLUMNS)
    mine = Customer.objects.filter(pk=customer.pk)
    return {
        "person": rows(mine, *_CUSTOMER, "orders_before", "created_at", "updated_at"),
        "dealings": rows(Standing.objects.filter(**me), *dealt),
        "programs": rows(Advocate.objects.filter(**me), *joined, program="program__name"),
        "testimonials": rows(Testimonial.objects.filter(**me), *said),
        "answers": rows(Answer.objects.filter(**me), *answered),
        "events": rows(Report.objects.filter(**me), *reported),
        "consents": rows(Consent.objects.filter(**me), *agreed),
        "terms": rows(
            TermsAcceptance.objects.filter(advocate__customer=customer),
            "at",
            "source",
            "language",
            program="terms__program__name",
            number="terms__number",
        ),
        "mails": rows(Mail.objects.filter(**me), "kind", "state", "reason", "created_at", "ended_at"),
        "portal_visits": rows(PortalSession.objects.filter(**me), "made_at", "opened_at"),
    }


def erase(customer, *, at):
    PortalSession.objects.filter(customer=customer).delete()
    expectations.forget(customers=[customer.pk])
    _erase_told(customer)
    _stop_mails(customer, at)
    # Its id may be theirs, such as a ticket's that has their address.
    nobodys = Concat(Value("erased-"), Cast("pk", CharField()))
    Report.objects.filter(customer=customer).update(facts={}, event_id=nobodys, digest=b"")
    Answer.objects.filter(customer=customer).update(answer_id=nobodys)
    shown = {"text": _TEXT_OF_NOBODY, "display_name": "", "reason": "", "status": Status.WITHDRAWN}
    Testimonial.objects.filter(customer=customer).update(**shown)
    for advocate in Advocate.objects.filter(customer=customer).order_by("pk"):
        if advocate.status == AdvocateStatus.ACTIVE:
            enrolment.set_status(advocate=advocate, status=AdvocateStatus.PAUSED, at=at)
        Advocate.objects.filter(pk=advocate.pk).update(display_name="", shows_name=False)


def _erase_told(customer):
    """What receivers of webhooks answered to what they were told of this person."""
    about = Q(delivery__event__customer=customer) | Q(delivery__event__friend=customer)
    about |= Q(delivery__event__advocate__customer=customer)
    said = Attempt.objects.filter(about).exclude(answer="")
    with pgtrigger.ignore("advocacy.Attempt:attempts_are_append_only"):
        said.update(answer="")


def _stop_mails(customer, at):
    """A mail that waits for its server and holds an address itself, such as one with a code to sign in; and which
    mailboxes were asked.
    """
    Mail.objects.filter(customer=customer, mailbox__isnull=False).update(mailbox=None)
    if not customer.email_key:
        return
    waiting = Mail.objects.select_for_update(no_key=True).filter(state=MailState.WAITING, event=None)
    for mail in waiting.filter(Q(storefront=customer.storefront_id) | Q(storefront=None)):
        if _address_of(mail) == customer.email_key:
            stopped = {"state": MailState.STOPPED, "reason": MailReason.ERASED, "ended_at": at}
            Mail.objects.filter(pk=mail.pk).update(content=None, next_attempt_at=None, claimed_until=None, **stopped)


def _address_of(mail):
    """None where no key opens it: then it is not sent either, and its words go when it is given up."""
    try:
        return emails.normalise(json.loads(secrets.open(mail.content))["to"])
    except secrets.NoKeyOpens:
        return None
