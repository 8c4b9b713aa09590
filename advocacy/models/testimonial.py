from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from advocacy.models.advocate import Advocate
from advocacy.models.columns import PublicIdField, one_of
from advocacy.models.customer import Customer
from advocacy.models.program import Program
from advocacy.models.storefront import Storefront


class TestimonialStatus(models.TextChoices):
    PENDING = "pending", "Waiting to be read"
    PUBLISHED = "published", "Published"  # shown on pages and by the API
    REJECTED = "rejected", "Not published"  # never for a low rating
    WITHDRAWN = "withdrawn", "Withdrawn"  # its author took the consent back


class Testimonial(models.Model):
    """What a customer says about the shop, with their consent to show it."""

    __test__ = False  # its name begins like a test class

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="testimonials")
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="testimonials")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="testimonials")
    advocate = models.ForeignKey(Advocate, models.PROTECT, null=True, blank=True, related_name="testimonials")
    text = models.TextField(max_length=2000)
    rating = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)], help_text="1 to 5; optional."
    )
    display_name = models.CharField(max_length=80, blank=True)
    # Consent to public use, with the wording that was agreed to. Without it nothing can be published.
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_wording = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=10, choices=[("api", "API"), ("page", "Page")])
    status = models.CharField(max_length=10, choices=TestimonialStatus, default=TestimonialStatus.PENDING)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was not published; never its rating.")
    moderated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False)
    moderated_at = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            one_of("status", TestimonialStatus, name="a_testimonial_has_a_known_status"),
            models.CheckConstraint(
                condition=~models.Q(status="published") | models.Q(consent_at__isnull=False),
                name="a_published_testimonial_has_consent",
                violation_error_message="Its author has not agreed that it is shown.",
            ),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__range=(1, 5)),
                name="a_rating_is_from_1_to_5",
                violation_error_message="A rating is from 1 to 5.",
            ),
        ]
        # Used by: the published ones of a storefront (API, landing page) and the admin's queue of waiting ones.
        indexes = [models.Index(fields=["storefront", "status", "-id"], name="testimonials_by_status")]

    def __str__(self):
        return self.text[:60]
