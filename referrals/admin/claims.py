"""Friends whom advocates miss: what is here of each, and one click that says whether it counts."""

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from advocacy import ids, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from referrals import claims, missing, visits
from referrals.models import Claim, ClaimState

_TONES = {ClaimState.ACCEPTED: "good"}
_NOTE = "For your colleagues and the log; the advocate does not read it. May stay empty."


class Accepting(forms.Form):
    about = forms.CharField(
        label="Order or customer",
        required=False,
        max_length=210,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Only where what was named leads nowhere, or to somebody else: the order’s number, or cus_… or ext_… "
        "of the customer.",
    )
    reason = forms.CharField(
        label="Note", required=False, max_length=200, widget=UnfoldAdminTextInputWidget(), help_text=_NOTE
    )


class Refusing(forms.Form):
    reason = forms.CharField(
        label="Note", required=False, max_length=200, widget=UnfoldAdminTextInputWidget(), help_text=_NOTE
    )


def accept(*, row, by, at, about, reason):
    return claims.accept(claim=row, by=by, about=about, reason=reason, at=at)


def refuse(*, row, by, at, reason):
    return claims.refuse(claim=row, by=by, reason=reason, at=at)


def _may_see(user):
    return user.has_perms(["advocacy.view_customer", "referrals.view_order"])


def _open(row):
    return row.state == ClaimState.OPEN


@admin.register(Claim)
class ClaimAdmin(acts.Acting, LongListing):
    empty = "An advocate who misses a friend names an order, a code or an address in the portal; it waits here for you."
    change_form_template = "admin/claim.html"
    list_display = ["what", "advocate_link", "found", "status", "decide_by", "program_link", "claimed_at"]
    list_filter = ["state", "program"]
    list_select_related = ["advocate__customer", "program", "order", "friend", "referral"]
    search_fields = ["=named", "=order__external_id", "advocate__display_name", "=advocate__code"]
    search_help_text = "What was named, an order’s id, a name or a code, or an id such as clm_01j8…"
    advocate_link = words.person("advocate", "Missed by")
    program_link = words.person("program", "Program")
    id_text = words.public_id("claim")
    fieldsets = [
        ("Who is missed", {"fields": [("what", "named_by"), ("advocate", "program"), ("order", "friend")]}),
        ("Decision", {"fields": [("status", "outcome"), "reason", ("decided_by", "decided_at"), "referral"]}),
        ("When", {"fields": [("claimed_at", "decide_by"), "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="accept",
            label="Count it",
            done="Counts",
            form=Accepting,
            consequence="The friend is the advocate’s from the order on, and the order is decided by the rules of its "
            "day. Who had brought the friend loses what that earned.",
            do=accept,
            applies=_open,
        ),
        acts.Act(
            name="refuse",
            label="Refuse",
            done="Refused",
            form=Refusing,
            danger=True,
            consequence="Nothing is given. The advocate reads that it does not count under the program’s terms.",
            do=refuse,
            applies=_open,
        ),
    ]

    def get_list_display(self, request):
        """Who may not see customers and orders reads what was named, and nothing of what it led to."""
        shown = super().get_list_display(request)
        return shown if _may_see(request.user) else [each for each in shown if each != "found"]

    def render_change_form(self, request, context, *args, obj=None, **options):
        context["seen"] = _seen(obj, timezone.now()) if obj and _open(obj) else None
        context["may_see"] = _may_see(request.user)
        answer = super().render_change_form(request, context, *args, obj=obj, **options)
        # Its own two buttons stand beside what they are decided by.
        context["actions_detail"] = []
        return answer

    def get_fieldsets(self, request, obj=None):
        """What was decided, once it is."""
        shown = super().get_fieldsets(request, obj)
        if not _may_see(request.user):
            named = {"fields": [("what", "named_by"), ("advocate", "program")]}
            shown = [(title, named if title == "Who is missed" else said) for title, said in shown]
        return [each for each in shown if each[0] != "Decision"] if obj and _open(obj) else shown

    @display(description="Status", ordering="state")
    def status(self, row):
        if _open(row) and timezone.now() > row.decide_by:
            return words.dot("refused", "Overdue: is refused by itself")
        if claims.is_lost(row):
            return words.dot("quiet", "Counted; the friend is not theirs any more")
        return words.dot(_TONES.get(row.state, row.state), row.get_state_display())

    @display(description="Named")
    def what(self, row):
        return row.named or "An e-mail address"

    @display(description="What was here")
    def found(self, row):
        if row.order_id:
            return format_html("{} {}", words.link(row.order), words.why(ids.encode("ord", row.order.public_id)))
        return words.link(row.friend) if row.friend_id else words.dot("quiet", "Nothing")

    @display(description="What the advocate reads")
    def outcome(self, row):
        if claims.is_lost(row):
            return "It counted. By now your friend is not in your list any more."
        if row.state == ClaimState.ACCEPTED:
            return "It counts: your friend stands in your list."
        return reasons.advocate(row.refusal) if row.refusal else words.NOTHING


def _seen(claim, at):
    """The why, for staff: what is here, what spoke against it, and which visits of the advocate led nowhere."""
    seen = claims.look(claim)
    links = list(claim.advocate.links.all())
    since = claim.claimed_at - timedelta(days=claim.program.claim_days)
    until = seen.order.placed_at if seen.order else claim.claimed_at
    came = visits.led_nowhere(storefront=claim.storefront_id, since=min(since, until), until=until, links=links)
    named = claim.named
    missed = named and not seen.friend and missing.miss(named, storefronts=[claim.storefront_id], at=at)
    return {
        "at": seen,
        "order_id": ids.encode("ord", seen.order.public_id) if seen.order else "",
        "friend_id": ids.encode("cus", seen.friend.public_id) if seen.friend else "",
        "reasons": [reasons.staff(each["key"], **_numbers(each)) for each in seen.reasons],
        "visits": [visits.words(line) for line in came],
        "missed": missed,
        "over": at > claim.decide_by,
    }


def _numbers(reason):
    return {name: value for name, value in reason.items() if name != "key"}
