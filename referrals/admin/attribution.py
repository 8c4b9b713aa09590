"""Who brought whom, and whom else that could have been."""

from django import forms
from django.contrib import admin
from django.utils.dateparse import parse_datetime
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy import reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing, ReadOnlyInline
from advocacy.refusals import Refused
from referrals import attribution
from referrals.models import Conversion, Method, Referral


class ConversionInline(ReadOnlyInline, TabularInline):
    model = Conversion
    hide_title = True
    show_change_link = True
    ordering = ["sequence"]
    fields = readonly_fields = ["sequence", "order", "for_advocate", "for_friend", "stands", "converted_at"]
    for_advocate = words.status("advocate_review", "Advocate’s reward")
    for_friend = words.status("friend_review", "Friend’s reward")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("order")


class Another(acts.Reason):
    code = forms.CharField(
        label="Code of the advocate",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Of the advocate who brought the friend, in this program.",
    )
    field_order = ["code", "reason"]


def advocate_of(*, storefront, code, program=None):
    """The advocate of a code; refuses in words where nobody of the program has it."""
    link = attribution.link_of(storefront=storefront, code=code)
    if link is None or (program and link.program_id != program.pk):
        raise Refused("unknown_code", f"No advocate of this program has the code {code}.")
    return link.advocate


def give_to_another(*, row, by, at, code, reason):
    other = advocate_of(storefront=row.storefront, code=code, program=row.program)
    return attribution.by_hand(advocate=other, friend=row.friend, reason=reason, at=at)


@admin.register(Referral)
class ReferralAdmin(acts.Acting, LongListing):
    empty = "Who was brought by whom. An advocate shares a link; the friend who signs up with it appears here."
    list_display = ["who", "advocate_link", "method", "became", "program_link", "bound_at"]
    list_filter = ["method", "program"]
    list_select_related = ["friend", "advocate__customer", "program"]
    search_fields = ["friend__name", "friend__email", "advocate__display_name", "=advocate__code"]
    search_help_text = "A name, an e-mail address, a code, or an id such as ref_01j8…"
    inlines = [ConversionInline]
    acts = [
        acts.Act(
            name="another",
            label="Give to another advocate",
            done="Given to another advocate",
            form=Another,
            danger=True,
            applies=lambda row: row.ended_at is None,
            consequence="What this referral earned is taken back, and the friend’s orders since then are decided anew "
            "for the other advocate.",
            do=give_to_another,
        )
    ]
    advocate_link = words.person("advocate", "Brought by")
    program_link = words.person("program", "Program")
    id_text = words.public_id("referral")
    fieldsets = [
        ("Who brought whom", {"fields": [("friend", "advocate"), "program", "became"]}),
        ("How", {"fields": [("method", "channel"), "link", ("clicked_at", "bound_at"), "considered"]}),
        ("Ended by hand", {"fields": [("ended_at", "ended_reason")], "classes": ["collapse"]}),
        ("For the API", {"fields": ["id_text"]}),
    ]

    @display(description="Friend")
    def who(self, row):
        return str(row.friend)

    @display(description="What became of it", ordering="standing_conversions")
    def became(self, row):
        if row.ended_at:
            return words.dot("stop", f"Given to another: {row.ended_reason}")
        if row.standing_conversions:
            orders = "1 order" if row.standing_conversions == 1 else f"{row.standing_conversions} orders"
            return words.dot("good", f"Converted, {orders}")
        return words.dot("stop", "Taken back") if row.last_sequence else words.dot("wait", "Not ordered yet")

    @display(description="Who was considered")
    def considered(self, row):
        return words.table(_candidate(each) for each in row.candidates) if row.candidates else words.NOTHING


def _candidate(each):
    at = parse_datetime(each["at"]) if isinstance(each.get("at"), str) else None
    verdict = words.dot("yes", "Won") if each.get("won") else words.dot("no", _lost_by(each))
    method = dict(Method.choices).get(each.get("method"), each.get("method") or words.NOTHING)
    return method, each.get("code") or each.get("link") or words.NOTHING, words.moment(at), verdict


def _lost_by(each):
    key = each.get("reason")
    return reasons.staff(key, **each.get("numbers", {})) if key in reasons.REASONS else "Another one came first."
