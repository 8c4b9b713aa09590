"""What shops are told through their platforms' APIs: what was done, what waits and why, and a button to try again."""

from django.contrib import admin
from unfold.decorators import display

from advocacy import errands
from advocacy.admin import acts, listing, words
from advocacy.admin.listing import LongListing
from advocacy.models import Customer, Errand, ErrandKind, ErrandState
from rewards.models import Coupon


def again(*, row, by, at):
    errands.again(errands=Errand.objects.filter(pk=row.pk), at=at)


@admin.register(Errand)
class ErrandAdmin(acts.Acting, LongListing):
    empty = "What shops are told, such as the codes of a pool that are made in a shop, is listed here."
    list_display = ["kind", "condition", "connection_link", "tries", "next_try", "asked"]
    list_filter = ["state", "kind", "connection"]
    list_select_related = ["connection"]
    search_fields = ["=subject"]
    search_help_text = "An id, such as ern_01j8…, or cpn_01j8… of the coupon that it is about"
    connection_link = words.person("connection", "Shop")
    id_text = words.public_id("errand")
    fieldsets = [
        ("What is told", {"fields": ["kind", "about", "reward", "connection_link", "id_text"]}),
        ("How far it is", {"fields": ["condition", ("tries", "next_try"), "rest", "last_failure", "outcome"]}),
        ("When", {"fields": [("asked_at", "done_at")]}),
    ]
    acts = [
        acts.Act(
            name="again",
            label="Try again now",
            done="Tried again",
            form=acts.Confirm,
            consequence="The shop is asked what it has, and told what is missing. What was done already is done once.",
            do=again,
        )
    ]

    def get_search_results(self, request, queryset, search_term):
        """Its own id, or that of what it is about."""
        name = listing.any_public_id(search_term.strip())
        if name:
            return queryset.filter(public_id=name) | queryset.filter(subject=name), False
        return queryset.none() if search_term.strip() else queryset, False

    @display(description="State", ordering="state")
    def condition(self, row):
        if row.state == ErrandState.WAITING and row.failure:
            return words.dot("wait", f"Will be tried again: {row.failure}")
        if row.state == ErrandState.FAILED:
            return words.dot("stop", f"Given up: {row.failure}")
        return words.dot(row.state, row.get_state_display())

    @display(description="Next try", ordering="next_try_at")
    def next_try(self, row):
        return words.moment(row.next_try_at)

    @display(description="Asked for", ordering="id")
    def asked(self, row):
        return words.moment(row.asked_at)

    @display(description="About")
    def about(self, row):
        return words.link(_subject(row)) if _subject(row) else words.NOTHING

    @display(description="Reward")
    def reward(self, row):
        return words.link(getattr(_subject(row), "reward", None))

    @display(description="The shop rests until")
    def rest(self, row):
        return words.moment(row.connection.rests_until)

    @display(description="Last failure")
    def last_failure(self, row):
        return f"{words.moment(row.failed_at)}: {row.failure}" if row.failure else "None"


def _subject(row):
    models = {ErrandKind.COUPON: Coupon, ErrandKind.CREDIT: Customer}
    model = models.get(row.kind)
    return model.objects.filter(public_id=row.subject).first() if model else None
