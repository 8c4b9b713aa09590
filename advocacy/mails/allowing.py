"""Whether a mail may be sent now: asked when it is sent, so that who changed their mind meanwhile is heard."""

from advocacy import consents, emails
from advocacy.mails import kinds, stopping
from advocacy.models import Channel, ConsentBasis, ConsentState, DoubleOptIn, MailReason, SuppressionReason

# Where the law or its courts want a yes from the mailbox itself.
STRICT = {"DE", "AT", "CH"}


def stopped(mail, *, customer, at):
    """The ``MailReason`` for which it is not sent, or NONE. ``customer``: who counts for the one it is to, or None."""
    if mail.until and mail.until <= at:
        return MailReason.TOO_LATE
    if mail.event_id is None:
        return MailReason.NONE  # they asked for it a moment ago
    plainly = {
        MailReason.ERASED: customer.erased_at,
        MailReason.TEST: mail.storefront.test_twin_of_id,
        MailReason.NO_ADDRESS: not customer.email,
        MailReason.SWITCHED_OFF: mail.kind not in mail.program.mail_kinds,
    }
    why = next((reason for reason, is_so in plainly.items() if is_so), None)
    return why or _by_person(kinds.KINDS[mail.kind], mail.storefront, customer)


def _by_person(kind, storefront, customer):
    why = stopping.reason(storefront=storefront, email_key=emails.normalise(customer.email))
    if why and (kind.stoppable or why != SuppressionReason.UNSUBSCRIBED):
        return MailReason(why)
    if kind.promotional and not agreed(storefront=storefront, customer=customer):
        return MailReason.NO_CONSENT
    return MailReason.NONE


def agreed(*, storefront, customer):
    """Whether promotional mail may go to this customer."""
    said = consents.newest(customer).get(Channel.EMAIL)
    if said is None:
        return False
    if said.state == ConsentState.CONFIRMED:
        return True
    asked_twice = said.basis == ConsentBasis.CONSENT and _asks_twice(storefront, customer)
    return said.state == ConsentState.PENDING and not asked_twice


def _asks_twice(storefront, customer):
    if storefront.double_opt_in == DoubleOptIn.BY_COUNTRY:
        return not customer.country or customer.country.upper() in STRICT
    return storefront.double_opt_in == DoubleOptIn.ALWAYS
