"""Addresses that advocates invite. The mail leaves from their own mail program, from the shop's, or, where the program
chose that, from here: ``advocacy.mails.inviting``.
"""

from datetime import timedelta

from advocacy import emails, given, persons
from advocacy.mails import inviting
from advocacy.models import Advocate, bulk
from advocacy.privacy import digest_of
from advocacy.refusals import Conflict, Refused
from referrals import links
from referrals.models import Invitation, LinkStatus

# By one person within a day: a person has friends, a list of addresses has more.
A_DAY = 50
_WITH = ("link", "link.program", "link.advocate", "link.advocate.customer")


def invite(*, advocate, email, at, mailed=False, words=""):
    """``(invitation, created)`` by the advocate's first open link; the same address again is the same invitation.

    Whether somebody is a customer already, or wants no mails, is not told: that is their own, and nothing is mailed to
    who wants none. Refuses the advocate's own address (``self_referral``), and whoever has no link that is open, by the
    reason; Conflict ``too_many_invitations`` beyond ``A_DAY``. ``mailed``: with these words it is mailed
    from here too, and what ``inviting.ask`` refuses is refused. Runs in the caller's transaction.
    """
    email = given.email("email", email)
    key, storefront = emails.normalise(email), advocate.storefront
    if key in persons.mailboxes(advocate.customer):
        raise Refused("self_referral", "This is the advocate's own address.", errors={"email": "It is their own."})
    # One after the other, so that no more get through than may.
    Advocate.objects.select_for_update(no_key=True).get(pk=advocate.pk)
    mine, digest = Invitation.objects.filter(advocate=advocate), digest_of(storefront, key)
    known = mine.filter(digest=digest).select_related("link__program").first()
    invitation = known or _new(advocate, storefront, digest, at)
    if mailed:
        inviting.ask(advocate=advocate, email=email, words=words, code=invitation.link.code, at=at)
    return invitation, known is None


def _new(advocate, storefront, digest, at):
    if not left(advocate=advocate, at=at):
        raise Conflict("too_many_invitations", f"One person can invite {A_DAY} addresses a day; go on tomorrow.")
    link = open_link(advocate=advocate, at=at)
    return Invitation.objects.create(storefront=storefront, advocate=advocate, link=link, digest=digest, invited_at=at)


def left(*, advocate, at):
    """How many more they can invite now."""
    return A_DAY - advocate.invitations.filter(invited_at__gt=at - timedelta(days=1)).count()


def open_link(*, advocate, at):
    """The link they invite with, with its program. Refuses by the reason where none is open."""
    mine = advocate.links.filter(status=LinkStatus.ACTIVE).select_related("program", "advocate").order_by("pk")
    closed = "no_link"
    for link in mine:
        closed = links.closed_because(link, at=at)
        if not closed:
            return link
    raise Refused(closed, "The advocate has no link that is open; there is nothing to invite to.")


def of(*, storefront, mailboxes):
    """``{mailbox: [Invitation]}`` with their links, of these mailboxes (``emails.normalise``)."""
    if not mailboxes:
        return {}
    names = {digest_of(storefront, box): box for box in mailboxes}
    where, found = "WHERE row.storefront_id = %s AND row.digest = ANY(%s) ORDER BY row.id", {}
    for row in bulk.fetch_with(Invitation, _WITH, where, [storefront.pk, list(names)]):
        found.setdefault(names[bytes(row.digest)], []).append(row)
    return found


def forget(*, customer, at):
    """Delete the invitations by and to this customer."""
    inviting.forget(customer=customer, at=at)
    Invitation.objects.filter(advocate__customer=customer).delete()
    if customer.email_key:
        digest = digest_of(customer.storefront, customer.email_key)
        Invitation.objects.filter(storefront=customer.storefront_id, digest=digest).delete()
