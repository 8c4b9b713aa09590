"""Two customers who are one person: said on a customer's page, listed and undone here."""

from django import forms
from django.contrib import admin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy import customers, merging
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.models import Merge, Platform
from advocacy.refusals import NotFound, Refused


class IntoAnother(acts.Reason):
    into = forms.CharField(
        label="The other customer",
        max_length=210,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Who goes on: the shop's own number of them, or an id such as cus_01j8…",
    )
    field_order = ["into", "reason"]


def into_another(*, row, by, at, into, reason):
    name = into.strip()
    try:
        other = customers.record_named(
            storefront=row.storefront, name=name if name.startswith(("cus_", "ext_")) else f"ext_{name}"
        )
    except NotFound as error:
        raise Refused(error.code, f"No customer of this shop is known as {name[:60]}.") from error
    made, _ = merging.merge(survivor=other, merged=row, source="admin", reason=reason, by=by, at=at)
    return made


def _undo(*, row, by, at, reason):
    return merging.undo(merge=row, reason=reason, by=by, at=at)


INTO_ANOTHER = acts.Act(
    name="merge",
    label="Merge into another",
    done="Merged",
    consequence="Both are one person from now on, found by all their names: orders, friends, links and wallets of "
    "either are the other's. Who brought themselves loses what that earned. It can be undone until credit of theirs "
    "is spent or paid out.",
    form=IntoAnother,
    do=into_another,
    applies=lambda customer: customer.merged_into_id is None,
    danger=True,
)


_SOURCES = dict(Platform.choices) | {
    "admin": "A colleague, here",
    "api": "The shop, by the API",
    "same_email": "The same e-mail address",
}
_UNDONE = ("Undone", {"fields": ["undone_by", "undone_reason", "undone_at"]})


@admin.register(Merge)
class MergeAdmin(acts.Acting, LongListing):
    empty = (
        "A row appears when two customers turn out to be one person. Say so on a customer's page: Merge into another."
    )
    list_display = ["merged_link", "into_link", "state_now", "said_by", "made_at"]
    list_filter = ["source", "storefront"]
    list_select_related = ["survivor", "merged"]
    search_fields = ["merged__name", "merged__email", "=merged__external_id", "survivor__name", "survivor__email"]
    search_help_text = "A name, an e-mail address, the shop's own number, or an id such as mrg_01j8…"
    merged_link = words.person("merged", "Merged")
    into_link = words.person("survivor", "Into")
    id_text = words.public_id("merge")
    fieldsets = [
        ("Who", {"fields": ["merged", "survivor", "state_now"]}),
        ("Said by", {"fields": ["said_by", "by", "reason", "made_at", "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="undo",
            label="Undo",
            done="Parted again",
            consequence="Each has their own again; what came since the merge stays with the one who went on. Refused "
            "once credit of theirs was spent or paid out.",
            do=_undo,
            applies=lambda merge: merge.undone_at is None,
        )
    ]

    def get_fieldsets(self, request, obj=None):
        shown = super().get_fieldsets(request, obj)
        return [*shown, _UNDONE] if obj and obj.undone_at else shown

    @display(description="Source", ordering="source")
    def said_by(self, row):
        return _SOURCES.get(row.source, row.source)

    @display(description="State")
    def state_now(self, row):
        return words.dot("inactive", "Undone") if row.undone_at else words.dot("active", "Merged")
