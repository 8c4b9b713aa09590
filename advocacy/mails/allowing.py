"""Whether a mail may be sent now: asked when it is sent, so that who changed their mind meanwhile is heard."""

from datetime import datetime, timedelta

from advocacy import consents, emails, persons, terms
from advocacy.mails import inviting, kinds, stopping
from advocacy.models import (
    AdvocateStatus,
    Channel,
    ConsentBasis,
    ConsentState,
    Customer,
    DoubleOptIn,
    Event,
    Mail,
    MailKind,
    MailReason,
    MailState,
    ProgramStatus,
    SuppressionReason,
)
from advocacy.models.program import OWN_MAILS
from advocacy.privacy import digest_of

# Where the law or its courts want a yes from the mailbox itself.
STRICT = {"DE", "AT", "CH"}
ONCE_WITHIN = timedelta(days=1)


def stopped(mail, *, customer, at):
    """The ``MailReason`` for which it is not sent, or NONE. ``customer``: who counts for the one it is to, or None."""
    if mail.until and mail.until <= at:
        return MailReason.TOO_LATE
    if mail.kind in OWN_MAILS:
        return MailReason.NONE  # they asked for it: a moment ago, or as staff by their choice
    if mail.kind == MailKind.INVITATION:
        return _invitation(mail, at)
    plainly = {
        MailReason.ERASED: customer.erased_at,
        MailReason.TEST: mail.storefront.test_twin_of_id,
        MailReason.NO_ADDRESS: not customer.email,
        MailReason.SWITCHED_OFF: mail.kind not in mail.program.mail_kinds,
        MailReason.TOO_LATE: mail.kind == MailKind.TERMS and not _still_asked(mail),
        MailReason.NOT_NEEDED: mail.kind == MailKind.CONFIRM and not _waits_for_yes(mail.storefront, customer),
    }
    why = next((reason for reason, is_so in plainly.items() if is_so), None)
    if why is None and mail.kind == MailKind.CONFIRM and _is_asked_again(mail, customer):
        why = MailReason.ASKED
    if why is None and mail.kind in _OVER and _is_over(mail, at):
        why = MailReason.TOO_LATE
    return why or _by_person(kinds.KINDS[mail.kind], mail.storefront, customer)


def _is_asked_again(mail, customer):
    """Whether a later question to the same person waits: that one is enough."""
    waiting = Mail.objects.filter(kind=MailKind.CONFIRM, state=MailState.WAITING, pk__gt=mail.pk)
    return waiting.filter(customer__in=persons.ids_of(customer)).exists()


def put_off_until(mail, *, customer, at):
    """When the mailbox may be asked for its yes, where it was asked within a day, however often somebody types it."""
    if mail.kind != MailKind.CONFIRM:
        return None
    mine = {"storefront": mail.storefront_id, "mailbox": mailbox_of(mail, customer)}
    asked = Mail.objects.filter(**mine, ended_at__gt=at - ONCE_WITHIN).order_by("-ended_at").first()
    return asked and asked.ended_at + ONCE_WITHIN


def mailbox_of(mail, customer):
    """What is kept of a question's mailbox; None for other mails."""
    return digest_of(mail.storefront, emails.normalise(customer.email)) if mail.kind == MailKind.CONFIRM else None


# What may be over by the time that a mail of a reward leaves, as the newest event of the reward says.
_OVER = {
    MailKind.REWARD_PENDING: lambda newest, at: newest.facts["pending_minor"] == 0,
    MailKind.REWARD_AVAILABLE: lambda newest, at: newest.type == "reward.reversed" and _nothing_left(newest),
    MailKind.REWARD_EXPIRING: lambda newest, at: _nothing_left(newest) or _is_past(newest.facts["expires_at"], at),
}


def _is_over(mail, at):
    of = {"subject_kind": mail.event.subject_kind, "subject_id": mail.event.subject_id}
    return _OVER[mail.kind](Event.objects.filter(**of).order_by("-version").first(), at)


def _nothing_left(newest):
    return newest.facts["available_minor"] == 0


def _is_past(moment, at):
    return bool(moment) and datetime.fromisoformat(moment) <= at


def _invitation(mail, at):
    advocate, shop = mail.advocate, mail.storefront
    key = emails.normalise(inviting.said(mail)["to"])
    takes_part = advocate.status == AdvocateStatus.ACTIVE and mail.program.status_at(at) == ProgramStatus.ACTIVE
    if shop.test_twin_of_id:
        return MailReason.TEST
    if mail.kind not in mail.program.mail_kinds:
        return MailReason.SWITCHED_OFF
    if not takes_part or advocate.customer.erased_at:
        return MailReason.ADVOCATE
    if why := stopping.reason(storefront=shop, email_key=key):
        return MailReason(why)
    known = Customer.objects.filter(storefront=shop, email_key=key).exists()
    return MailReason.KNOWN if known else MailReason.NONE


def _still_asked(mail):
    """Whether this version is the one that they must agree to, and they have not yet."""
    number = mail.event.facts["number"]
    asked = terms.to_be_asked(mail.program, number=number).filter(customer__in=persons.ids_of(mail.customer))
    return mail.program.terms_needed == number and bool(terms.missing(asked.select_related("program")))


def _by_person(kind, storefront, customer):
    why = stopping.reason(storefront=storefront, email_key=emails.normalise(customer.email))
    if why == SuppressionReason.REFUSED:
        why = None  # they wanted no invitation; now they are a customer
    if why and (kind.stoppable or why != SuppressionReason.UNSUBSCRIBED):
        return MailReason(why)
    if kind.promotional and not agreed(storefront=storefront, customer=customer):
        said = consents.newest(customer).get(Channel.EMAIL)
        withdrew = said and said.state == ConsentState.WITHDRAWN
        return MailReason.WITHDRAWN if withdrew else MailReason.NO_CONSENT
    return MailReason.NONE


def agreed(*, storefront, customer):
    """Whether promotional mail may go to this customer."""
    said = consents.newest(customer).get(Channel.EMAIL)
    if said is None:
        return False
    if said.state == ConsentState.CONFIRMED:
        return True
    return said.state == ConsentState.PENDING and not _waits_for_yes(storefront, customer)


def _waits_for_yes(storefront, customer):
    """Whether what they agreed to counts only once their mailbox says yes too."""
    said = consents.newest(customer).get(Channel.EMAIL)
    pending = said and said.state == ConsentState.PENDING and said.basis == ConsentBasis.CONSENT
    return bool(pending) and _asks_twice(storefront, customer)


def _asks_twice(storefront, customer):
    if storefront.double_opt_in == DoubleOptIn.BY_COUNTRY:
        return not customer.country or customer.country.upper() in STRICT
    return storefront.double_opt_in == DoubleOptIn.ALWAYS
