"""What customers say, waiting to be read. A low rating is shown to the reader and is no reason to refuse."""

from django.contrib import admin
from unfold.decorators import display

from advocacy import testimonials
from advocacy.admin import acts, words
from advocacy.admin.listing import ReadOnlyListing
from advocacy.models import Testimonial, TestimonialStatus


def publish(*, row, by, at):
    testimonials.publish(testimonial=row, by=by, at=at)


def reject(*, row, by, at, reason):
    testimonials.reject(testimonial=row, by=by, reason=reason, at=at)


def withdraw(*, row, by, at, reason):
    testimonials.withdraw(testimonial=row, at=at)


class WhyNot(acts.Reason):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["reason"].help_text = "Such as an insult, a name of a third person, advertising. Never its rating."


@admin.register(Testimonial)
class TestimonialAdmin(acts.Acting, ReadOnlyListing):
    empty = "What advocates write in the portal, or the shop sends, waits here for somebody to publish it."
    list_display = ["said", "rated", "state", "consent", "customer_link", "storefront_link", "sent_at"]
    list_filter = ["status", "rating", "storefront"]
    list_select_related = ["customer", "storefront"]
    search_fields = ["text", "display_name", "customer__name", "customer__email"]
    search_help_text = "A word of the text, a name or an e-mail address"
    date_hierarchy = "sent_at"
    ordering = ["-id"]
    state = words.status("status")
    customer_link = words.person("customer", "Customer")
    storefront_link = words.person("storefront", "Storefront")
    id_text = words.public_id("testimonial")
    fieldsets = [
        ("What was said", {"fields": ["text", "rated", "display_name", "customer", "advocate", "program"]}),
        ("Agreed to be shown", {"fields": [("consent_at", "consent_wording"), "source", "sent_at"]}),
        ("Moderation", {"fields": ["state", "reason", ("moderated_by", "moderated_at"), "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="publish",
            label="Publish",
            done="Published",
            form=acts.Confirm,
            consequence="It is shown on the program’s pages and handed out by the API.",
            do=publish,
            applies=lambda said: said.status in (TestimonialStatus.PENDING, TestimonialStatus.REJECTED),
        ),
        acts.Act(
            name="reject",
            label="Do not publish",
            done="Not published",
            form=WhyNot,
            consequence="It is not shown. Its author can send another one.",
            do=reject,
            applies=lambda said: said.status in (TestimonialStatus.PENDING, TestimonialStatus.PUBLISHED),
        ),
        acts.Act(
            name="withdraw",
            label="Withdraw",
            done="Withdrawn",
            danger=True,
            consequence="It is shown no more, because its author took the consent back.",
            do=withdraw,
            applies=lambda said: said.status == TestimonialStatus.PUBLISHED,
        ),
    ]

    @display(description="Testimonial")
    def said(self, row):
        return row.text if len(row.text) <= 90 else f"{row.text[:88]}…"  # noqa: PLR2004

    @display(description="Rating", ordering="rating")
    def rated(self, row):
        return f"{row.rating} of 5" if row.rating else words.NOTHING

    @display(description="May be shown")
    def consent(self, row):
        return words.dot("good", "Agreed") if row.consent_at else words.dot("quiet", "Not agreed")
