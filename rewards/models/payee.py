from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from advocacy.models import Customer, Storefront
from advocacy.models.columns import FingerprintField, MinorField, SealedField, UnitField, append_only, at_least, one_of
from advocacy.money import CURRENCIES

capitals = RegexValidator(r"^[A-Z]{2}$", "Two capitals (ISO 3166), such as DE.")


class PayeeKind(models.TextChoices):
    PRIVATE = "private", "Private person"  # is asked for a tax form above a limit
    BUSINESS = "business", "Business"  # has a VAT id and writes invoices of its own


class DestinationKind(models.TextChoices):
    NONE = "", "None yet"  # a gift card needs none
    IBAN = "iban", "Bank account (IBAN)"
    OTHER = "other", "Another account or address"  # for payouts by hand


class Payee(models.Model):
    """Whom money is paid to: a customer's legal name, country and where it goes."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="payees", db_index=False)
    customer = models.OneToOneField(Customer, models.PROTECT, related_name="payee")
    name = models.CharField(max_length=140, help_text="As the bank knows them.")
    country = models.CharField(max_length=2, validators=[capitals], help_text="ISO 3166, such as DE.")
    kind = models.CharField(max_length=10, choices=PayeeKind, default=PayeeKind.PRIVATE)
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    tax_form_since = models.DateField(
        null=True, blank=True, help_text="Since when their tax form is on file. Empty: there is none."
    )
    destination_kind = models.CharField(max_length=10, choices=DestinationKind, blank=True, default="")
    destination = SealedField(null=True, blank=True, editable=False)
    # Used by: whether two people are paid to one account.
    destination_print = FingerprintField(of="destination", null=True)
    destination_end = models.CharField(max_length=4, blank=True, editable=False, help_text="Its last four signs.")
    destination_changed_at = models.DateTimeField(null=True, editable=False, help_text="Not its first entry.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("kind", PayeeKind, name="a_payee_has_a_known_kind"),
            one_of("destination_kind", DestinationKind, name="a_destination_has_a_known_kind"),
            models.CheckConstraint(
                condition=models.Q(destination_kind="", destination__isnull=True)
                | (~models.Q(destination_kind="") & models.Q(destination__isnull=False)),
                name="a_destination_has_a_kind_or_is_none",
            ),
        ]
        indexes = [
            models.Index(fields=["storefront", "-id"], name="payees_newest_first"),
            models.Index(fields=["storefront", "destination_print"], name="payees_by_destination"),
        ]

    def __str__(self):
        return self.name

    @property
    def shown(self):
        """The destination as it may be shown."""
        return f"•••• {self.destination_end}" if self.destination_kind else ""


class PayeeChange(models.Model):
    """A payee as somebody entered or changed them: by whom, when, and all that decides whom money goes to."""

    payee = models.ForeignKey(Payee, models.PROTECT, related_name="changes")
    # A copy, so that the audit sees a payee that was given to somebody else.
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="+", editable=False)
    source = models.CharField(max_length=10, help_text="portal, api or admin.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    redirects = models.BooleanField(default=True, help_text="Whether the destination is another than before.")
    # As they were from then on. Of changes before these were kept, only each payee's last has them.
    name = models.CharField(max_length=140, blank=True)
    country = models.CharField(max_length=2, blank=True)
    kind = models.CharField(max_length=10, blank=True)
    vat_id = models.CharField(max_length=20, blank=True)
    tax_form_since = models.DateField(null=True)
    destination = SealedField(null=True, editable=False)
    destination_print = FingerprintField(of="destination", null=True)
    at = models.DateTimeField()

    class Meta:
        triggers = append_only("payee_changes")

    def __str__(self):
        return f"{self.before or 'none'} → {self.after or 'none'}"


class TaxLimit(models.Model):
    """What may be paid to a payee of a country in a year before a tax form is on file."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="tax_limits", db_index=False)
    country = models.CharField(max_length=2, validators=[capitals], help_text="Of the payee; ISO 3166, such as US.")
    currency = UnitField(help_text="ISO 4217, such as EUR: what payouts are counted in.")
    yearly_limit_minor = MinorField(
        "Yearly limit", help_text="Payouts of a year beyond this wait until a tax form is on file; 0: always."
    )

    class Meta:
        ordering = ["country", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "country", "currency"],
                name="a_country_has_one_tax_limit_per_currency",
                violation_error_message="There is a limit for that country and currency already.",
            ),
            at_least("yearly_limit_minor", 0, name="a_tax_limit_is_not_negative", message="A limit is 0 or more."),
            models.CheckConstraint(
                condition=models.Q(currency__in=sorted(CURRENCIES)),
                name="a_tax_limit_has_a_currency",
                violation_error_message="Write a currency in capitals, such as EUR.",
            ),
        ]

    def __str__(self):
        return f"{self.country}, {self.currency}"
