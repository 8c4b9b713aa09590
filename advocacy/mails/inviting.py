"""Invitations that leave from here in an advocate's name: only where a program chose them, and one an address, ever.

The friend was not asked. So nothing is in them but the invitation, their address is sealed and kept only until the mail
is sent or dropped, and one click refuses all others for ever.
"""

import json
import re
import unicodedata
from datetime import timedelta

from django.db import transaction

from advocacy import emails, secrets
from advocacy.mails import asking
from advocacy.models import InvitedAddress, Mail, MailKind, MailReason, MailState
from advocacy.privacy import digest_of
from advocacy.refusals import Conflict, Refused

A_DAY = 10
MOST_WORDS = 500
# A mail that could not leave by then is dropped, and the address with it.
WAITS_AT_MOST = timedelta(days=3)
_ADDRESS = re.compile(
    r"://|www\.|\S@\S|[^\W_]\.[^\W\d_]{2,}|\b\d{1,3}(\.\d{1,3}){3}\b|\b(tel|sms|mailto):|\blocalhost\b", re.IGNORECASE
)
# What browsers read as a dot, too.
_DOTS = str.maketrans("。．｡", "...")
_JOINER = "\u200d"  # of emoji


def sends(program):
    """Whether this program mails invitations."""
    return MailKind.INVITATION in program.mail_kinds


def has_address(text):
    """Whether something in it looks like an address on the web or of mail, which mail programs make a link of."""
    return bool(_ADDRESS.search(unicodedata.normalize("NFKC", text).translate(_DOTS)))


def words_of(text):
    """What an advocate may write into an invitation, tidied: plain words. Refuses what is long or leads elsewhere."""
    lines = (line.strip() for line in unicodedata.normalize("NFKC", text or "").splitlines())
    words = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(words) > MOST_WORDS:
        _refuse(f"Write at most {MOST_WORDS} characters.")
    if has_address(words):
        _refuse("Write no addresses: the mail has the link already. After a full stop comes a space.")
    if not all(letter.isprintable() or letter in ("\n", _JOINER) for letter in words):
        _refuse("Write plain text, without control characters.")
    return words


def left(*, advocate, at):
    """How many more they can have mailed now."""
    mine = Mail.objects.filter(advocate=advocate, created_at__gt=at - timedelta(days=1))
    return max(0, A_DAY - mine.count())


def ask(*, advocate, email, words, code, at):
    """Mail this address that the advocate invites it to their link of that code. To an address that was mailed before,
    by whomever, nothing goes; that is not told, because it says something of its owner.

    Refuses ``invitations_off``, words that may not be sent (``invalid_field``), and beyond ``A_DAY`` Conflict
    ``too_many_invitations``. Runs in the caller's transaction, who has locked the advocate.
    """
    if not sends(advocate.program):
        raise Refused("invitations_off", "This program mails no invitations; staff can switch them on.")
    words, storefront = words_of(words), advocate.storefront
    digest = digest_of(storefront, emails.normalise(email))
    before = InvitedAddress.objects.filter(storefront=storefront, digest=digest).select_related("mail").first()
    if before and before.mail and before.mail.advocate_id == advocate.pk:
        return before.mail
    if not left(advocate=advocate, at=at):
        raise Conflict("too_many_invitations", f"One person can have {A_DAY} invitations a day mailed; go on tomorrow.")
    row, first = InvitedAddress.objects.get_or_create(storefront=storefront, digest=digest, defaults={"since": at})
    if not first:
        return _mail(advocate, at, state=MailState.STOPPED, reason=MailReason.INVITED, ended_at=at)
    content = secrets.seal(json.dumps({"to": email, "words": words, "code": code}))
    mail = _mail(advocate, at, content=content, next_attempt_at=at, until=at + WAITS_AT_MOST)
    InvitedAddress.objects.filter(pk=row.pk).update(mail=mail)
    transaction.on_commit(asking.wake_senders)
    return mail


def said(mail):
    """``{"to", "words", "code"}`` of a mail that waits."""
    return json.loads(secrets.open(mail.content))


def forget(*, customer, at):
    """Nothing leaves in their name any more, nor to their address; no address of either waits."""
    digest = customer.email_key and digest_of(customer.storefront, customer.email_key)
    to_them = InvitedAddress.objects.filter(storefront=customer.storefront_id, digest=digest) if digest else None
    over = {"state": MailState.STOPPED, "content": None, "next_attempt_at": None, "ended_at": at}
    waiting = Mail.objects.filter(state=MailState.WAITING)
    waiting.filter(advocate__customer=customer).update(reason=MailReason.ADVOCATE, **over)
    if to_them is not None:
        waiting.filter(pk__in=to_them.values("mail")).update(reason=MailReason.ERASED, **over)
        # The list of addresses that are not written to says it from now on.
        to_them.delete()


def _mail(advocate, at, **columns):
    return Mail.objects.create(
        storefront=advocate.storefront,
        program=advocate.program,
        advocate=advocate,
        kind=MailKind.INVITATION,
        created_at=at,
        **columns,
    )


def _refuse(sentence):
    raise Refused("invalid_field", sentence, errors={"words": sentence})
