"""Addresses that are not written to, and how somebody becomes one: they unsubscribed, bounced or complained."""

from django.core import signing
from django.db import transaction
from django.db.models import F, Q

from advocacy import consents, emails, ids, persons
from advocacy.models import (
    Channel,
    ConsentBasis,
    ConsentState,
    Customer,
    InvitedAddress,
    Storefront,
    Suppression,
    SuppressionReason,
)
from advocacy.privacy import digest_of

# What says more stays: who was erased did not merely unsubscribe.
_WEIGHT = [
    SuppressionReason.REFUSED,
    SuppressionReason.UNSUBSCRIBED,
    SuppressionReason.BOUNCED,
    SuppressionReason.COMPLAINED,
    SuppressionReason.ERASED,
]
# What the owner of an address says; the others happen to mails.
_SAID = (SuppressionReason.REFUSED, SuppressionReason.UNSUBSCRIBED)
_SALT, _CONFIRM, _NEVER = "no more mails", "yes to mails", "no invitations"
_SHOP = ids.PREFIXES["storefront"]
SOURCE, CONFIRMED_BY, MOVED = "unsubscribe", "double-opt-in", "new-address"


def reason(*, storefront, email_key):
    """Why nothing is sent to this mailbox (``emails.normalise``), or None."""
    row = Suppression.objects.filter(storefront=storefront, digest=digest_of(storefront, email_key)).first()
    return row and SuppressionReason(row.reason)


def stop(*, storefront, address, reason, at):
    """Write no more to this address of the storefront. A reason that says more takes the place of one with less."""
    stop_digest(storefront=storefront, digest=digest_of(storefront, emails.normalise(address)), reason=reason, at=at)


@transaction.atomic
def stop_digest(*, storefront, digest, reason, at):
    news, said = {"reason": reason, "since": at}, {"said": reason} if reason in _SAID else {}
    rows = Suppression.objects.select_for_update()
    row, made = rows.get_or_create(storefront=storefront, digest=digest, defaults=news | said)
    if made:
        return
    known = {"said": row.said} if row.said else {}
    told = (news if _weight(reason) > _weight(row.reason) else {}) | max(said, known, key=_weight_of_said)
    if told:
        Suppression.objects.filter(pk=row.pk).update(**told)


def lift(*, suppression, at):
    """What happened to mails is over; what the address's owner said stays."""
    row = Suppression.objects.filter(pk=suppression.pk)
    if suppression.said and suppression.said != suppression.reason:
        row.update(reason=suppression.said, since=at)
    else:
        row.delete()


def _weight(reason):
    return _WEIGHT.index(reason)


def _weight_of_said(said):
    return _weight(said["said"]) if said else -1


def stop_everywhere(*, address, reason, at):
    """The same for every storefront that knows the address; how many. A mailbox that is gone is gone for all."""
    key = emails.normalise(address)
    shops = {customer.storefront for customer in Customer.objects.filter(email_key=key).select_related("storefront")}
    shops |= _invited_by(key)
    for storefront in sorted(shops, key=lambda shop: shop.pk):
        stop(storefront=storefront, address=address, reason=reason, at=at)
    return len(shops)


def _invited_by(key):
    digests = [digest_of(storefront, key) for storefront in Storefront.objects.filter(test_twin_of=None)]
    invited = InvitedAddress.objects.filter(digest__in=digests).select_related("storefront")
    return {row.storefront for row in invited}


def token(customer):
    """What stands in the address by which they unsubscribe; it opens nothing else and is of no date."""
    return _sign(customer, _SALT)


def confirm_token(customer):
    """What stands in the address by which the mailbox says yes: it counts for that mailbox alone."""
    return signing.Signer(salt=_CONFIRM).sign(f"{ids.encode('cus', customer.public_id)}:{_mailbox(customer)}")


def _mailbox(customer):
    """A digest of where mail to them goes; empty where no address is known."""
    return digest_of(customer.storefront, emails.normalise(customer.email)).hex() if customer.email else ""


def never_token(*, storefront, address):
    """What stands in the address by which somebody who is no customer refuses invitations; it names no one."""
    digest = digest_of(storefront, emails.normalise(address)).hex()
    return signing.Signer(salt=_NEVER).sign(f"{ids.encode(_SHOP, storefront.public_id)}:{digest}")


def of_never_token(text):
    """``(storefront, digest)`` of ``never_token``, or None."""
    try:
        name, _, digest = signing.Signer(salt=_NEVER).unsign(text).partition(":")
    except signing.BadSignature:
        return None
    storefront = Storefront.objects.filter(public_id=ids.decode(_SHOP, name)).first()
    return storefront and (storefront, bytes.fromhex(digest))


def invite_again(*, storefront, digest):
    """They refused by mistake; a second invitation is not mailed for that."""
    _take_back(Suppression.objects.filter(storefront=storefront, digest=digest, said=SuppressionReason.REFUSED))


def of_token(text):
    """The Customer of ``token``, or None."""
    return _read(text, _SALT)


def of_confirm_token(text):
    """``(the Customer, the mailbox that it was written to)`` of ``confirm_token``, or None."""
    try:
        name, _, mailbox = signing.Signer(salt=_CONFIRM).unsign(text).partition(":")
    except signing.BadSignature:
        return None
    customer = Customer.objects.select_related("storefront").filter(public_id=ids.decode("cus", name)).first()
    return customer and (customer, mailbox)


@transaction.atomic
def unsubscribe(*, customer, at):
    """They want no more mails but those they ask for and those about payouts. Again changes nothing."""
    # The person first, as whoever confirms, moves or erases: two who wait for each other end in an error.
    customer = persons.lock(customer)
    for address in _addresses(customer):
        stop(storefront=customer.storefront, address=address, reason=SuppressionReason.UNSUBSCRIBED, at=at)
    if not customer.erased_at and Channel.EMAIL in consents.newest(customer):
        said = {"channel": Channel.EMAIL, "state": ConsentState.WITHDRAWN, "source": SOURCE}
        consents.note(customer=customer, said=said, at=at)


def is_off(customer):
    """Whether they unsubscribed, and did not take it back."""
    return _unsubscribed(customer).exists()


def subscribe_again(*, customer):
    """They unsubscribed by mistake. What they had agreed to besides must be agreed to anew."""
    _take_back(_unsubscribed(customer))


def _unsubscribed(customer):
    digests = [digest_of(customer.storefront, emails.normalise(each)) for each in _addresses(customer)]
    mine = Suppression.objects.filter(storefront=customer.storefront_id, digest__in=digests)
    return mine.filter(said=SuppressionReason.UNSUBSCRIBED)


def _take_back(rows):
    """What was said there is said no more; what happened to mails stays."""
    rows.filter(reason=F("said")).delete()
    rows.update(said="")


@transaction.atomic
def confirm(*, customer, mailbox, at):
    """``mailbox``, as ``of_confirm_token`` answers it, says yes to what was asked for it; whether something waited.

    Of another mailbox than mail goes to by now it says nothing.
    """
    customer = persons.lock(customer)
    if not mailbox or mailbox != _mailbox(customer):
        return False
    newest = None if customer.erased_at else consents.newest(customer).get(Channel.EMAIL)
    if newest is None or newest.state != ConsentState.PENDING:
        return newest is not None and newest.state == ConsentState.CONFIRMED
    said = {"channel": Channel.EMAIL, "state": ConsentState.CONFIRMED, "source": CONFIRMED_BY}
    consents.note(customer=customer, said=said | {"wording_version": newest.wording_version}, at=at)
    subscribe_again(customer=customer)
    return True


def moved(*, customer, before, at):
    """Their mail goes to another mailbox than ``before`` (``emails.normalise``), which has confirmed nothing yet.

    Who wanted no mails there wants none here, where the mailbox is theirs alone.
    """
    storefront = customer.storefront
    there = Suppression.objects.filter(storefront=storefront, digest=digest_of(storefront, before))
    said_no = there.filter(Q(said=SuppressionReason.UNSUBSCRIBED) | Q(reason=SuppressionReason.COMPLAINED)).first()
    if said_no and customer.email_key and not _is_anothers(customer):
        for why in (said_no.said, said_no.reason):
            if why in (SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED):
                stop(storefront=storefront, address=customer.email, reason=why, at=at)
    said = consents.newest(customer).get(Channel.EMAIL)
    if customer.email_key and said and said.state == ConsentState.CONFIRMED and said.basis == ConsentBasis.CONSENT:
        again = {"channel": Channel.EMAIL, "state": ConsentState.PENDING, "wording_version": said.wording_version}
        # As of the old one: whatever the shop says of the new mailbox is newer, also where it is of a moment ago.
        again |= {"source": MOVED, "at": said.at.isoformat()}
        consents.note(customer=customer, said=again, at=at)


def _is_anothers(customer):
    """Whether another customer has the mailbox: nobody ends another's mails by typing their address."""
    there = Customer.objects.filter(storefront=customer.storefront_id, email_key=customer.email_key)
    return there.exclude(pk__in=persons.ids_of(customer)).exists()


def _addresses(customer):
    return {each for each in persons.records(customer).values_list("email", flat=True) if each}


def _sign(customer, salt):
    return signing.Signer(salt=salt).sign(ids.encode("cus", customer.public_id))


def _read(text, salt):
    try:
        public_id = ids.decode("cus", signing.Signer(salt=salt).unsign(text))
    except signing.BadSignature:
        return None
    return Customer.objects.select_related("storefront").filter(public_id=public_id).first()
