import re

from django.core.exceptions import ValidationError
from django.db import models

from advocacy import ids
from advocacy.models.advocate import Advocate
from advocacy.models.columns import PublicIdField, SealedField, one_of
from advocacy.models.customer import Customer
from advocacy.models.event import Event
from advocacy.models.program import MailKind, Program
from advocacy.models.storefront import Storefront

# What the words of a mail may name; ``advocacy.mails.composing`` fills it in.
PLACES = ("name", "advocate", "shop", "program", "amount", "day", "offer", "link", "changes", "answer")
_PLACE = re.compile(r"\{([^{}]*)\}")


class MailState(models.TextChoices):
    WAITING = "waiting", "Waiting"  # to be sent, now or again
    SENT = "sent", "Sent"  # the mail server took it
    STOPPED = "stopped", "Not sent"  # it must not be sent; ``reason`` says why
    FAILED = "failed", "Failed"  # the mail server would not take it


class MailReason(models.TextChoices):
    NONE = "", "–"
    ERASED = "erased", "The person was erased"
    NO_ADDRESS = "no_address", "No address is known"
    TEST = "test", "Test data: nothing is sent"
    BOUNCED = "bounced", "The address does not exist"
    COMPLAINED = "complained", "They called an earlier mail spam"
    UNSUBSCRIBED = "unsubscribed", "They unsubscribed"
    NO_CONSENT = "no_consent", "They did not agree to promotional mail"
    WITHDRAWN = "withdrawn", "They withdrew their consent"
    SWITCHED_OFF = "switched_off", "The program does not send this kind any more"
    TOO_LATE = "too_late", "It came too late to be of use"
    REFUSED = "refused", "They want no invitations"
    INVITED = "invited", "They were invited before"
    KNOWN = "known", "They are a customer already"
    ADVOCATE = "advocate", "Whoever invited them takes part no more"
    NOT_NEEDED = "not_needed", "There is nothing to confirm"
    ASKED = "asked", "They were asked within a day"


class MailOutcome(models.TextChoices):
    """What a mail service told of a mail after it had taken it."""

    NONE = "", "–"
    DELIVERED = "delivered", "Delivered"
    REJECTED = "rejected", "Turned away"  # by policy or because the box is full; the address is not to blame
    BOUNCED = "bounced", "No such mailbox"
    COMPLAINED = "complained", "Called spam"


class Mail(models.Model):
    """One mail to one person, because of one event or because they asked; the row is the queue.

    It holds neither address nor words of a mail that an event asked for: both come from the rows as they are when it is
    sent.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.CASCADE, null=True, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.CASCADE, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="mails")
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+", db_index=False)
    # Of an invitation: whose it is.
    advocate = models.ForeignKey(Advocate, models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=MailKind)
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    reason = models.CharField(max_length=20, choices=MailReason, blank=True, default=MailReason.NONE)
    # Of a mail that no event asked for, such as a sign-in code: where to and what, until it is sent.
    content = SealedField(null=True, editable=False)
    # Of the question whether a mailbox says yes: the digest of the mailbox, since it was sent.
    mailbox = models.BinaryField(max_length=32, null=True, editable=False)
    # Somebody waits for it in front of a page: it goes before all others.
    urgent = models.BooleanField(default=False)
    # Of no use later than this.
    until = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=MailOutcome, blank=True, default=MailOutcome.NONE)
    outcome_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    next_attempt_at = models.DateTimeField(null=True)
    # A worker has it until then; afterwards the worker is taken for dead.
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "mail"
        verbose_name_plural = "mails"
        constraints = [
            models.UniqueConstraint(fields=["event", "customer", "kind"], name="an_event_is_mailed_once_to_a_person"),
            one_of("kind", MailKind, name="a_mail_is_of_a_known_kind"),
            one_of("state", MailState, name="a_mail_has_a_known_state"),
            one_of("reason", MailReason, name="a_mail_is_stopped_for_a_known_reason"),
            one_of("outcome", MailOutcome, name="a_mail_ended_in_a_known_way"),
            models.CheckConstraint(
                condition=models.Q(event__isnull=False, customer__isnull=False)
                | models.Q(event__isnull=True, content__isnull=False)
                | ~models.Q(state="waiting"),
                name="a_waiting_mail_says_to_whom_and_what",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waiting") | models.Q(next_attempt_at__isnull=False),
                name="a_waiting_mail_has_its_time",
            ),
        ]
        indexes = [
            # Used by: the worker, which takes what is due; the sweep.
            models.Index(
                fields=["-urgent", "next_attempt_at", "id"],
                condition=models.Q(state="waiting"),
                name="waiting_mails",
            ),
            # Used by: /healthz, the oldest that waits.
            models.Index(fields=["created_at"], condition=models.Q(state="waiting"), name="mails_that_wait"),
            # Used by: how many somebody invited today; the erasure of an advocate.
            models.Index(
                fields=["advocate", "created_at"],
                condition=models.Q(advocate__isnull=False),
                name="invitations_mailed",
            ),
            # Used by: the lists of the admin, newest first.
            models.Index(fields=["storefront", "-id"], name="mails_newest_first"),
            # Used by: alerts.
            models.Index(fields=["ended_at"], condition=models.Q(state="failed"), name="mails_that_failed"),
            # Used by: the next question to the same mailbox.
            models.Index(
                fields=["storefront", "mailbox"], condition=models.Q(mailbox__isnull=False), name="mailboxes_asked"
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def name(self):
        return ids.encode(ids.PREFIXES["mail"], self.public_id)


class MailWording(models.Model):
    """A program's own words for a kind of mail in one language; what is left empty is as shipped."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="mail_wordings")
    kind = models.CharField(max_length=20, choices=MailKind)
    language = models.CharField(max_length=10, help_text="Such as en or de.")
    subject = models.CharField(max_length=150, blank=True)
    heading = models.CharField(max_length=150, blank=True)
    text = models.TextField(
        max_length=3000,
        blank=True,
        help_text="Plain text; an empty line begins a new paragraph. Filled in are "
        + ", ".join(f"{{{place}}}" for place in PLACES)
        + ", as far as the kind of mail knows them.",
    )
    button = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["program", "kind", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "kind", "language"],
                name="a_program_words_a_mail_once_in_a_language",
                violation_error_message="This program has words of its own for that mail in that language already.",
            ),
            one_of("kind", MailKind, name="words_are_of_a_known_kind_of_mail"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.language})"

    def clean(self):
        unknown = {
            name: [place for place in _PLACE.findall(getattr(self, name)) if place not in PLACES]
            for name in ("subject", "heading", "text", "button")
        }
        known = ", ".join(f"{{{place}}}" for place in PLACES)
        problems = {
            name: f"{{{places[0][:40]}}} is nothing that is filled in; there are {known}."
            for name, places in unknown.items()
            if places
        }
        if problems:
            raise ValidationError(problems)
