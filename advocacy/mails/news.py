"""What a mail service tells of a mail after it took it: that it came, that it did not, that its reader complained."""

from django.db.models import Q

from advocacy import ids, persons
from advocacy.mails import stopping
from advocacy.models import Mail, MailOutcome, MailState, SuppressionReason

# What says more stays, in whatever order the news come.
_WEIGHT = [
    MailOutcome.NONE,
    MailOutcome.DELIVERED,
    MailOutcome.REJECTED,
    MailOutcome.BOUNCED,
    MailOutcome.COMPLAINED,
]
_STOPS = {
    MailOutcome.BOUNCED: SuppressionReason.BOUNCED,
    MailOutcome.COMPLAINED: SuppressionReason.COMPLAINED,
}


def hear(*, outcome, address, name, at):
    """Note an outcome on the mail of that name, if it is one of ours, and write no more to an address that bounced or
    complained. ``address`` may be empty. Told again, or late, it changes nothing.
    """
    mail = _named(name)
    if mail:
        less = Q(outcome__in=_WEIGHT[: _WEIGHT.index(outcome)])
        Mail.objects.filter(less, pk=mail.pk).update(outcome=outcome, outcome_at=at)
    reason = _STOPS.get(outcome)
    if not reason or not address:
        return
    stopping.stop_everywhere(address=address, reason=reason, at=at)
    if mail and mail.storefront:
        stopping.stop(storefront=mail.storefront, address=address, reason=reason, at=at)


def unsubscribed(*, address, name, at):
    """Whoever the mail was to wants no more, by a button of the mail service."""
    mail = _named(name)
    if mail and mail.customer:
        stopping.unsubscribe(customer=persons.survivor(mail.customer), at=at)
    elif mail and mail.storefront and address:
        reason = SuppressionReason.REFUSED if mail.advocate_id else SuppressionReason.UNSUBSCRIBED
        stopping.stop(storefront=mail.storefront, address=address, reason=reason, at=at)
    elif address:
        stopping.stop_everywhere(address=address, reason=SuppressionReason.UNSUBSCRIBED, at=at)


def _named(name):
    public_id = ids.decode(ids.PREFIXES["mail"], name) if isinstance(name, str) else None
    if public_id is None:
        return None
    mails = Mail.objects.select_related("storefront", "customer").exclude(state=MailState.STOPPED)
    return mails.filter(public_id=public_id).first()
