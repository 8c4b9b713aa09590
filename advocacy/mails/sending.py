"""Send what waits: claimed by a conditional UPDATE with a lease, looked at once more, handed to the mail server, noted.

Handed over is at least once: what a killed worker had in its hands is sent again when its lease ends, under the same
Message-ID.
"""

import smtplib
from datetime import timedelta

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.db import connection as database
from django.db.models import F

from advocacy import failures, persons
from advocacy.mails import allowing, answers, composing, stopping
from advocacy.models import Mail, MailOutcome, MailReason, MailState, SuppressionReason
from advocacy.outbox.interruptions import pass_on

# After the first try. A mail server that defers (greylisting) wants to be asked again in some minutes.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    *(timedelta(hours=hours) for hours in (3, 6, 12, 24)),
)
# Longer than EMAIL_TIMEOUT a few times.
LEASE = timedelta(seconds=120)
# Nobody is to be reached at all: that is no news of one mail, and counts as no try of it.
NO_SERVER_WAIT = timedelta(seconds=30)
GIVE_UP = timedelta(days=3)
# What a mail service says of one mail; all else (our key, too many calls, trouble of its own) is of all mails.
_ABOUT_THIS_MAIL = {400, 404, 406, 409, 410, 412, 413, 415, 422}

_WITH = ("storefront", "program__storefront", "event__advocate", "customer", "advocate__customer")
_CLAIM = """
    UPDATE advocacy_mail SET claimed_until = %(until)s, next_attempt_at = %(until)s
    WHERE id = (
        SELECT id FROM advocacy_mail WHERE state = 'waiting' AND next_attempt_at <= %(at)s
        ORDER BY urgent DESC, next_attempt_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id
"""


class NoServer(Exception):
    """The mail server is not to be reached; what waits is left to the next sweep."""


def send_next(*, at, connection):
    """Send what is due next by this mail connection, if anything is; whether something was. Raises ``NoServer``."""
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, {"at": at, "until": at + LEASE})
        found = cursor.fetchone()
    if found is None:
        return False
    mail = Mail.objects.select_related(*_WITH).get(pk=found[0])
    _send(mail, persons.survivor(mail.customer), at, connection)
    return True


def due(*, at):
    """Whether anything waits whose time has come."""
    return Mail.objects.filter(state=MailState.WAITING, next_attempt_at__lte=at).exists()


def _send(mail, customer, at, connection):
    try:
        reason = allowing.stopped(mail, customer=customer, at=at)
    except Exception as error:
        _unexpected(mail, error, at)
        return
    if reason == MailReason.NONE and (later := allowing.put_off_until(mail, customer=customer, at=at)):
        _note(mail, ended_at=None, counted=False, next_attempt_at=later)
    elif reason == MailReason.NONE:
        _hand_over(mail, customer, at, connection)
    else:
        _note(mail, state=MailState.STOPPED, reason=reason, failure="", ended_at=at)


def _hand_over(mail, customer, at, connection):
    try:
        # One connection for many mails; opened already, this does nothing.
        connection.open()
    except OSError as error:  # also what it says to our name and password: smtplib's errors are of this kind
        _no_server(mail, error, at)
    to = ""
    try:
        message = composing.compose(mail, customer=customer, at=at)
        to = message.to
        message.to_send(name=mail.name, connection=connection).send()
    except smtplib.SMTPRecipientsRefused as refused:
        _refused(mail, to, *next(iter(refused.recipients.values()))[:2], at)
    except smtplib.SMTPSenderRefused as refused:
        _failed(mail, f"The mail server refuses the sender ({refused.smtp_code}): see manage.py doctor.", at)
    except smtplib.SMTPResponseException as refused:
        _refused(mail, "", refused.smtp_code, refused.smtp_error, at)
    except AnymailRecipientsRefused as refused:
        _turned_away(mail, to, refused.email_message.anymail_status, at)
    except AnymailAPIError as error:
        if error.status_code in _ABOUT_THIS_MAIL:
            _failed(mail, f"The mail service answered {error.status_code}.", at)
        else:
            _no_server(mail, error, at)
    except OSError as error:
        _no_server(mail, error, at)
    except Exception as error:
        _unexpected(mail, error, at)
    else:
        _note(mail, state=MailState.SENT, ended_at=at, failure="", mailbox=allowing.mailbox_of(mail, customer))


def _refused(mail, to, code, said, at):
    """Its words name the address at times: only its number is kept. ``to``: whom it refused, empty where not that."""
    sentence = f"The mail server answered {code}."
    if not answers.is_for_good(code):
        _failed(mail, sentence, at)
        return
    if answers.is_about_us(code, said):
        _failed(mail, f"{sentence} It does not let us send: see manage.py doctor.", at)
        return
    _note(mail, state=MailState.FAILED, failure=sentence, ended_at=at)
    if to and answers.has_no_mailbox(code, said) and mail.storefront_id:
        stopping.stop(storefront=mail.storefront, address=to, reason=SuppressionReason.BOUNCED, at=at)


def _turned_away(mail, to, status, at):
    """A mail service took it and will not send it. Why, where it is not the address itself, its news says."""
    known = {each.status for each in status.recipients.values()}
    outcome = MailOutcome.BOUNCED if "invalid" in known else MailOutcome.REJECTED
    sentence = "The mail service does not send to this address."
    _note(mail, state=MailState.FAILED, failure=sentence, outcome=outcome, outcome_at=at, ended_at=at)
    if outcome == MailOutcome.BOUNCED and mail.storefront_id:
        stopping.stop(storefront=mail.storefront, address=to, reason=SuppressionReason.BOUNCED, at=at)


def _unexpected(mail, error, at):
    """Of this one mail, such as one that no key opens: the others go on."""
    pass_on(error)
    _failed(mail, failures.told(error, "The mail"), at)


def _failed(mail, sentence, at):
    if mail.tries >= len(WAITS):
        _note(mail, state=MailState.FAILED, failure=sentence, ended_at=at)
    else:
        _note(mail, ended_at=None, failure=sentence, next_attempt_at=at + WAITS[mail.tries])


def _no_server(mail, error, at):
    sentence = "The mail server cannot be reached."
    if at - mail.created_at > GIVE_UP:
        _note(mail, state=MailState.FAILED, failure=sentence, ended_at=at)
    else:
        _note(mail, ended_at=None, failure=sentence, next_attempt_at=at + NO_SERVER_WAIT, counted=False)
    raise NoServer(sentence) from error


def _note(mail, *, ended_at, counted=True, **columns):
    """What became of it; nothing where the lease was over and another worker has it."""
    if ended_at:
        columns |= {"content": None, "next_attempt_at": None}
    ours = Mail.objects.filter(pk=mail.pk, state=MailState.WAITING, claimed_until=mail.claimed_until)
    ours.update(ended_at=ended_at, claimed_until=None, tries=F("tries") + int(counted), **columns)
