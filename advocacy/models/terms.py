import pgtrigger
from django.db import models

from advocacy.models.advocate import Advocate
from advocacy.models.columns import PublicIdField, append_only, never_emptied, one_of
from advocacy.models.program import Program
from advocacy.models.storefront import Storefront


class TermsSource(models.TextChoices):
    PORTAL = "portal", "Portal"  # ticked by themselves, on a page of ours
    API = "api", "The shop’s server"  # told by the shop, which asked
    SNIPPET = "snippet", "Widget in the shop"  # ticked by themselves, in the shop's pages
    IMPORT = "import", "Import"  # of before, from the shop's books
    ADMIN = "admin", "Admin"  # written down by staff


class ProgramTerms(models.Model):
    """One version of a program's terms: a draft until it is published, and from then on unchanged for ever.

    ``words`` are by language: ``{"en": {"text": …, "address": …, "summary": …}}``; of text and address at least one.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="terms")
    number = models.PositiveIntegerField(null=True, editable=False)
    words = models.JSONField(default=dict)
    material = models.BooleanField(
        "Material change",
        default=True,
        help_text="Ticked: whoever joined before is asked to agree again, and their payouts wait until they do; links, "
        "friends and rewards go on. Not ticked, such as for a corrected typing mistake: nobody is asked.",
    )
    written_at = models.DateTimeField(editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.CharField(max_length=150, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "version of terms"
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="a_version_of_terms_has_its_own_number"),
            models.UniqueConstraint(
                fields=["program"],
                condition=models.Q(published_at=None),
                name="a_program_has_one_draft_of_terms",
                violation_error_message="This program has a draft already: go on with that one.",
            ),
            models.CheckConstraint(
                condition=models.Q(published_at=None, number=None) | models.Q(published_at__isnull=False, number__gt=0),
                name="published_terms_have_a_number",
            ),
        ]
        indexes = [
            # Used by: lists of the API, newest first.
            models.Index(fields=["storefront", "-id"], name="terms_newest_first"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_terms_stay_as_they_are",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            ),
            never_emptied("terms"),
        ]

    def __str__(self):
        return f"{self.program}, version {self.number}" if self.number else f"{self.program}, draft"


class TermsAcceptance(models.Model):
    """That an advocate agreed to a version of their program's terms, when and where; never changed.

    It holds nothing of the person but whose it is: an erased advocate's stays, of nobody who is known.
    """

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    advocate = models.ForeignKey(Advocate, models.PROTECT, related_name="acceptances", db_index=False)
    terms = models.ForeignKey(ProgramTerms, models.PROTECT, related_name="acceptances", db_index=False)
    source = models.CharField(max_length=20, choices=TermsSource)
    language = models.CharField(max_length=10, blank=True, help_text="In which they read it, where that is known.")
    at = models.DateTimeField(help_text="When they agreed.")
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = "acceptance of terms"
        verbose_name_plural = "acceptances of terms"
        constraints = [
            models.UniqueConstraint(fields=["advocate", "terms"], name="terms_are_accepted_once"),
            one_of("source", TermsSource, name="terms_are_accepted_somewhere_known"),
        ]
        indexes = [
            # Used by: lists of the API and the admin, newest first.
            models.Index(fields=["storefront", "-id"], name="acceptances_newest_first"),
            # Used by: how many accepted a version.
            models.Index(fields=["terms"], name="acceptances_of_terms"),
        ]
        triggers = append_only("acceptances")

    def __str__(self):
        return f"{self.advocate}: version {self.terms.number}"
