from urllib.parse import urlsplit

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from advocacy import destinations
from advocacy.models.columns import PublicIdField, UnitField, one_of
from advocacy.models.storefront import Storefront, colour, host, known_currency, known_zone

_MOST_KEYS, _LONGEST_KEY = 20, 60


class ProgramStatus(models.TextChoices):
    ACTIVE = "active", "Active"  # binds friends and pays
    PAUSED = "paused", "Paused"  # binds nobody new and pays nothing new; what was earned stays
    ENDED = "ended", "Ended"  # the same for good


class ClickPrecedence(models.TextChoices):
    LAST = "last", "The last click wins"  # the friend's most recent click
    FIRST = "first", "The first click wins"  # the friend's earliest click inside the window


class MailKind(models.TextChoices):
    WELCOME = "welcome", "Welcome"  # an advocate joined: their link
    FRIEND_JOINED = "friend_joined", "A friend joined"
    FRIEND_OFFER = "friend_offer", "The friend’s offer"  # promotional
    REWARD_PENDING = "reward_pending", "Reward on its way"
    REWARD_AVAILABLE = "reward_available", "Reward available"
    REWARD_EXPIRING = "reward_expiring", "Reward expires soon"
    REWARD_EXPIRED = "reward_expired", "Reward expired"
    REWARD_REVERSED = "reward_reversed", "Reward taken back"
    PAYOUT = "payout", "Payout"
    INVITATION = "invitation", "Invitation"  # to an address that an advocate named; its owner was not asked
    TERMS = "terms", "New terms"  # asks advocates to agree again
    CLAIM = "claim", "A missing friend, decided"
    CONFIRM = "confirm", "Confirm the address"  # the double opt-in of who agreed to promotional mail
    LOGIN_CODE = "login_code", "Sign-in"  # what somebody in front of a page waits for; never switched off
    ALERT = "alert", "Alert"  # to staff; each chooses their own


# What a program has no say in.
OWN_MAILS = {MailKind.LOGIN_CODE, MailKind.ALERT}


def known_mails(value):
    """Kinds that a program can choose, each once."""
    choosable = set(MailKind.values) - OWN_MAILS
    if not isinstance(value, list) or len(set(map(str, value))) < len(value) or set(map(str, value)) - choosable:
        raise ValidationError(f"Name kinds of mail, each once, of: {', '.join(sorted(choosable))}.")


class LinkTarget(models.TextChoices):
    LANDING = "landing", "The landing page with the friend's offer"
    DESTINATION = "destination", "Straight to the shop"


def plain_hosts(value):
    for name in value.split(","):
        if name.strip():
            host(name.strip().lower())


def known_keys(value):
    """A few short texts, each once."""
    problem = "Name at most 20 keys of up to 60 characters, each once, such as shop, gift."
    if not isinstance(value, list) or len(value) > _MOST_KEYS:
        raise ValidationError(problem)
    good = all(isinstance(key, str) and 0 < len(key.strip()) == len(key) <= _LONGEST_KEY for key in value)
    if not good or len(set(value)) < len(value):
        raise ValidationError(problem)


class Program(models.Model):
    """One referral program of a storefront."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="programs")
    name = models.CharField(max_length=120, help_text="As customers read it, such as “Friends of Acme”.")
    slug = models.SlugField(max_length=60, help_text="A short name for addresses and the API, such as friends.")
    status = models.CharField(max_length=20, choices=ProgramStatus, default=ProgramStatus.ACTIVE)
    currency = UnitField(
        default="EUR", validators=[known_currency], help_text="Rewards are paid in this currency (ISO 4217)."
    )
    time_zone = models.CharField(
        max_length=60,
        default="UTC",
        validators=[known_zone],
        help_text="Days and months of caps are of this zone; after a change, those of what happens from then on.",
    )
    points_per_unit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many points are worth one unit of the currency, such as 100 points for 1 EUR. "
        "Empty: points have no value in money. After a change, what was earned before keeps its points.",
    )
    expiry_reminder_days = models.PositiveIntegerField(
        default=14,
        validators=[MaxValueValidator(365)],
        help_text="So many days before something of theirs expires, customers are reminded. 0: they are not.",
    )
    four_eyes_above_minor = models.PositiveBigIntegerField(
        "Second person above",
        default=10_000,
        help_text="In minor units of the currency, such as 10000 for 100.00 EUR. Who proposes to correct a mistake "
        "that changes more than this needs somebody else to approve it. 0: always.",
    )
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Empty: from the beginning.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: open end.")
    window_days = models.PositiveIntegerField(
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="A click binds a friend who signs up or orders within so many days, the last one included. "
        "Once bound, later orders stay attributed.",
    )
    click_precedence = models.CharField(max_length=10, choices=ClickPrecedence, default=ClickPrecedence.LAST)
    new_customers_only = models.BooleanField(
        default=True, help_text="A friend who ordered before is an existing customer and cannot be brought."
    )
    burst_above = models.PositiveIntegerField(
        "Warn of a code above",
        default=100,
        help_text="Clicks, or orders that name the code, within an hour. A code that is passed on from friend to "
        "friend stays far below; above, it may stand on a page of coupons. You are told, nothing is switched off. "
        "0: never.",
    )
    claim_days = models.PositiveIntegerField(
        default=30,
        validators=[MaxValueValidator(365)],
        help_text="An advocate who misses a friend may name an order, a code or an e-mail address in the portal; it "
        "counts where somebody of you says so, for orders placed at most so many days before. 0: nobody may ask.",
    )
    claim_deadline_days = models.PositiveIntegerField(
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="So long you have to decide about a friend who is missing; what nobody decided by then is refused, "
        "and the advocate reads so.",
    )
    late_code_days = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(365)],
        help_text="So many days after an order its customer may still enter the code of who brought them, on the page "
        "of the link, in the portal or by the API; the order is decided as if the code had come with it. 0: codes "
        "count only with the order.",
    )
    link_target = models.CharField(
        max_length=20, choices=LinkTarget, default=LinkTarget.LANDING, help_text="Where a shared link leads first."
    )
    destination = models.CharField(
        max_length=500,
        help_text="The shop's page a friend ends on, such as https://acme.example/welcome. Filled in are {code}, "
        "{click_id}, {coupon} (the code, where it is a coupon of the shop too) and {path} (of the link’s own page). "
        "What of code and click is not named is added to the query as ref and click_id.",
    )
    allowed_hosts = models.CharField(
        max_length=500,
        blank=True,
        validators=[plain_hosts],
        help_text="Further hosts that a link may lead to, separated by commas. The destination's own host is allowed.",
    )
    # The coupon pool (by its public id) that each friend gets a code of, who asks for it on the page of a link.
    friends_pool = models.UUIDField(null=True, blank=True, editable=False)
    headline = models.CharField(
        max_length=120, blank=True, help_text="Above the offer on the landing page. Empty: made from the offer."
    )
    # Of its terms (``ProgramTerms``): where the newest version is read, its number, and that of the newest version
    # whose change is material; 0 where there is none. ``advocacy.terms`` writes them when it publishes a version.
    terms_url = models.URLField(blank=True, editable=False)
    terms_version = models.PositiveIntegerField(default=0, editable=False)
    terms_needed = models.PositiveIntegerField(default=0, editable=False)
    open_in_portal = models.BooleanField(
        "Customers may join in the portal",
        default=False,
        help_text="Whoever signs in to the portal and is a customer of the shop may join this program there. Otherwise "
        "people join where the shop lets them, by the API.",
    )
    metadata_keys = models.JSONField(
        default=list,
        blank=True,
        validators=[known_keys],
        help_text="Keys of an order’s metadata that rules may ask for, separated by commas, such as shop, gift. Only "
        "these are kept with a conversion, as it is recorded; name none that holds anything personal.",
    )
    mail_kinds = models.JSONField(
        "Mails that are sent",
        default=list,
        blank=True,
        validators=[known_mails],
        help_text="None: this program mails nobody but the sign-in codes of its portal. Leave out what the shop mails "
        "itself. Invitations go to people who were not asked: in some countries, such as Germany, that is spam, "
        "whoever presses the button.",
    )
    mail_colour = models.CharField(
        max_length=7, blank=True, validators=[colour], help_text="Of its mails. Empty: the storefront’s."
    )
    mail_logo = models.URLField(
        blank=True,
        validators=[RegexValidator("^https://", "The address must begin with https://.")],
        help_text="The address of a PNG or JPEG, shown 160 pixels wide above its mails. Empty: the shop’s name.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "slug"],
                name="a_program_slug_is_unique_in_its_storefront",
                violation_error_message="This storefront has a program with that short name already.",
            ),
            one_of("status", ProgramStatus, name="a_program_has_a_known_status"),
            one_of("click_precedence", ClickPrecedence, name="a_program_has_a_known_click_precedence"),
            one_of("link_target", LinkTarget, name="a_program_has_a_known_link_target"),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True)
                | models.Q(starts_at__isnull=True)
                | models.Q(ends_at__gt=models.F("starts_at")),
                name="a_program_ends_after_it_starts",
                violation_error_message="The program must end after it starts.",
            ),
        ]
        triggers = [
            # Whoever changes it by whatever door: what occurred before is counted as it was.
            pgtrigger.Trigger(
                name="a_program_keeps_how_it_reckoned",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.AnyChange("currency", "time_zone", "points_per_unit"),
                func="""
                    INSERT INTO advocacy_reckoning (program_id, currency, time_zone, points_per_unit, until)
                    VALUES (OLD.id, OLD.currency, OLD.time_zone, OLD.points_per_unit,
                        clock_timestamp() + INTERVAL '10 seconds');
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        # A form that is left empty says null.
        self.metadata_keys, self.mail_kinds = self.metadata_keys or [], self.mail_kinds or []
        problem = unsafe_destination(self.destination) or destinations.unknown(self.destination)
        if problem:
            raise ValidationError({"destination": problem})

    def status_at(self, moment):
        """Its status with its window: ended where the moment is after it, paused where it is before it."""
        if self.ends_at is not None and self.ends_at <= moment:
            return ProgramStatus.ENDED
        too_early = self.starts_at is not None and self.starts_at > moment
        return ProgramStatus.PAUSED if too_early and self.status == ProgramStatus.ACTIVE else self.status

    def hosts(self):
        """The hosts that a link of this program may lead to, in lower case."""
        return hosts_of(destination=self.destination, allowed_hosts=self.allowed_hosts)


def hosts_of(*, destination, allowed_hosts):
    """The hosts that a program with these columns lets a link lead to."""
    listed = {host.strip().lower() for host in allowed_hosts.split(",") if host.strip()}
    return listed | {(urlsplit(destination).hostname or "").lower()} - {""}


def unsafe_destination(address):
    """A sentence that says why an address must not be redirected to, or None."""
    if any(letter in address for letter in "\\\r\n\t\0 ") or not address.isprintable():
        return "An address has no spaces, backslashes or control characters."
    try:
        parts = urlsplit(address)
    except ValueError:
        return "Write a whole address, such as https://acme.example/welcome."
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")):
        return "The address must begin with https:// (http:// only for localhost)."
    if not parts.hostname or "@" in parts.netloc or "{" in parts.netloc:
        return "Write a whole address with a plain host, such as https://acme.example/welcome."
    return None
