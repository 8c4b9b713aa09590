import re
from decimal import Decimal
from fractions import Fraction

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.http.request import validate_host
from django.utils import timezone

from advocacy import money, zones
from advocacy.models.columns import PublicIdField, SealedField, UnitField, one_of


def known_zone(value):
    if value not in zones.names():
        raise ValidationError("Write a time zone's name such as Europe/Berlin.")


def known_currency(value):
    if value not in money.CURRENCIES:
        raise ValidationError("Write a currency's ISO 4217 code in capitals, such as EUR.")


host = RegexValidator(
    r"^(?=.{1,120}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$",
    "Write a host's name alone, in small letters, such as go.acme.example.",
)
colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", "Write a colour as # and six hexadecimal digits, such as #0b6e4f.")


_ORIGIN = re.compile(
    r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?"
).fullmatch
_MOST_ORIGINS = 20


def known_origins(value):
    """A few origins as browsers write them, each once."""
    if not isinstance(value, list) or len(value) > _MOST_ORIGINS or len(set(map(str, value))) < len(value):
        raise ValidationError("Name at most 20 origins, each once.")
    for origin in value:
        if not isinstance(origin, str) or not _ORIGIN(origin) or origin.endswith((":443", ":80")):
            raise ValidationError(
                f"“{str(origin)[:100]}” is not an origin. Write the scheme and the host as browsers do, without a path "
                "or a usual port, such as https://acme.example (http:// only for localhost)."
            )


class DoubleOptIn(models.TextChoices):
    BY_COUNTRY = "by_country", "In Germany, Austria and Switzerland"  # and where the country is not known
    ALWAYS = "always", "Always"
    NEVER = "never", "Never"


class Storefront(models.Model):
    """A shop that calls us; the root that isolates data. Every row belongs to one."""

    public_id = PublicIdField()
    name = models.CharField(max_length=120, help_text="As customers know the shop; shown on pages and in e-mails.")
    slug = models.SlugField(max_length=60, unique=True, help_text="A short name for addresses, such as acme-coffee.")
    url = models.URLField(blank=True, help_text="The shop's own address, such as https://acme.example.")
    currency = UnitField(default="EUR", validators=[known_currency], help_text="ISO 4217, such as EUR.")
    time_zone = models.CharField(
        max_length=60,
        default="UTC",
        validators=[known_zone],
        help_text="Days are days of this zone, such as Europe/Berlin.",
    )
    language = models.CharField(max_length=10, default="en", help_text="Used where a customer's language is not known.")
    colour = models.CharField(
        max_length=7, default="#0b6e4f", validators=[colour], help_text="The only colour on its pages, such as #0b6e4f."
    )
    link_domain = models.CharField(
        max_length=120,
        blank=True,
        validators=[host],
        help_text="A host of the shop's own for its links, such as go.acme.example; it must point to this server "
        "and be in ALLOWED_HOSTS, or it answers 400. "
        "Empty: the links live on this server's own address.",
    )
    origins = models.JSONField(
        default=list,
        blank=True,
        validators=[known_origins],
        help_text="Where the shop’s pages live that call this server with a publishable key, separated by commas, such "
        "as https://acme.example, https://www.acme.example. Pages of other origins are refused by the browser.",
    )
    mail_from = models.EmailField(
        "sender",
        blank=True,
        help_text="The address that mails to customers come from, such as friends@acme.example. Its domain must allow "
        "the mail server to send for it: manage.py doctor says whether it does. Empty: DEFAULT_FROM_EMAIL.",
    )
    dkim_selector = models.CharField(
        "DKIM selector",
        max_length=63,
        blank=True,
        validators=[RegexValidator(r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$", "Write a selector alone, such as pm or s1.")],
        help_text="Under which name the mail service’s key stands in the sender’s domain, such as pm for "
        "pm._domainkey.acme.example; manage.py doctor looks it up. Empty: it asks for the usual names.",
    )
    mail_reply_to = models.EmailField("answers go to", blank=True, help_text="Empty: to the sender.")
    mail_footer = models.TextField(
        "foot of mails",
        max_length=1000,
        blank=True,
        help_text="Who the shop is, with its postal address, as many countries want it in every mail.",
    )
    double_opt_in = models.CharField(
        max_length=12,
        choices=DoubleOptIn,
        default=DoubleOptIn.BY_COUNTRY,
        help_text="Where an agreement to promotional mail counts only once it was confirmed from the mailbox itself.",
    )
    starts_fresh = models.BooleanField(
        "no earlier orders",
        default=False,
        help_text="Tick where the shop had no orders before it called this server: then everybody is new until they "
        "buy here. Otherwise send what customers bought before, as orders_before.",
    )
    margin = models.DecimalField(
        "margin, in percent",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        help_text="What is left of revenue once the goods are paid for. Lifetime values and returns are then margin, "
        "not revenue. Empty: they are revenue.",
    )
    at_risk_below = models.PositiveSmallIntegerField(
        "at risk below (%)",
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="A customer who will buy again with less than this chance, in percent, is at risk: customer.at_risk "
        "is told when they fall below it.",
    )
    # The day of the models by which customers' expected orders and values were written down.
    expected_on = models.DateField(null=True, editable=False)
    test_twin_of = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="test_twin",
        editable=False,
        help_text="Set on the storefront that test keys write to.",
    )
    # Since when orders of the past are here: who ordered before is known by them.
    history_imported_at = models.DateTimeField(null=True, editable=False)
    # Of a test twin: how far its clock is ahead, in seconds.
    clock_ahead = models.PositiveBigIntegerField(default=0, editable=False)
    # What its customer tokens are signed with; both count while one takes the place of the other.
    token_secret = SealedField(null=True, editable=False)
    previous_token_secret = SealedField(null=True, editable=False)
    previous_token_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["link_domain"],
                condition=~models.Q(link_domain=""),
                name="a_link_domain_belongs_to_one_storefront",
                violation_error_message="Another storefront has this link domain already.",
            ),
            models.CheckConstraint(
                condition=models.Q(clock_ahead=0) | models.Q(test_twin_of__isnull=False),
                name="only_a_test_twins_clock_is_ahead",
                violation_error_message="Only the clock of a test twin can be ahead.",
            ),
            one_of("double_opt_in", DoubleOptIn, name="a_storefront_has_a_known_double_opt_in"),
        ]

    def __str__(self):
        return self.name

    @property
    def kept_share(self):
        """Of a unit of revenue what counts as value, as a Fraction: the margin where one is set, else all of it."""
        return Fraction(1) if self.margin is None else Fraction(self.margin) / 100

    def clean(self):
        # A form that is left empty says null.
        self.origins = self.origins or []
        problems = {}
        if self.link_domain and not validate_host(self.link_domain.lower(), settings.ALLOWED_HOSTS):
            problems["link_domain"] = f"Add {self.link_domain} to ALLOWED_HOSTS and restart first; it would answer 400."
        for column, what in self.fixed().items():
            if Storefront.objects.exclude(**{column: getattr(self, column)}).filter(pk=self.pk).exists():
                problems[column] = f"It stays as it is: {what} by it."
        if problems:
            raise ValidationError(problems)

    def fixed(self):
        """The columns that may not change any more, each with what was done by it."""
        told = self.pk and apps.get_model("advocacy", "Event").objects.filter(storefront=self)
        ordered = told and told.filter(type__in=("order.recorded", "order.imported")).exists()
        joined = ordered or (told and told.filter(type__in=("advocate.enrolled", "advocate.added")).exists())
        fixed = {"currency": "orders were added up"} if ordered else {}
        return fixed | ({"time_zone": "days were counted"} if joined else {})


class KeyKind(models.TextChoices):
    SECRET = "secret", "Secret (servers)"  # may do everything for its storefront
    PUBLISHABLE = "publishable", "Publishable (browsers)"  # may read what is public and write clicks


class ApiKey(models.Model):
    """A storefront's credential. Only a SHA-256 of it is stored; it is shown once, when made."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="api_keys")
    kind = models.CharField(max_length=20, choices=KeyKind, default=KeyKind.SECRET)
    name = models.CharField(max_length=120, help_text="What uses it, such as “checkout server”.")
    scopes = models.JSONField(
        "May",
        default=list,
        blank=True,
        help_text="What it may do, such as orders:write. Nothing chosen: all that its kind may.",
    )
    beginning = models.CharField(max_length=20, editable=False, help_text="The part that may be shown.")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until revoked.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["-id"]
        constraints = [one_of("kind", KeyKind, name="an_api_key_has_a_known_kind")]

    def __str__(self):
        return f"{self.name} ({self.beginning}…)"
