"""Coupons and gift cards: by their ends, with whose they are. A whole code is shown to who says why, and logged."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables
from unfold import widgets
from unfold.decorators import display

from advocacy import ids, reading
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from rewards.coupons import codes, ending
from rewards.models import Coupon, CouponState, PoolKind

_MOST_USES = 20
_TONES = {"assigned": "good", "revoked": "stop", "expired": "stop"}


class Typed(forms.Form):
    code = forms.CharField(
        label="The whole code",
        max_length=64,
        widget=widgets.UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="As it was typed; capitals do not matter.",
    )


def revoke(*, row, by, at, reason):
    ending.revoke(coupon=row, at=at)


def put_back(*, row, by, at, reason):
    ending.put_back(coupon=row, at=at)


def show(*, row, by, at, reason):
    return row


@sensitive_variables()
def show_code(page, request, coupon):
    """An answer to a POST, with the reason in the log; never in a list, a message or a session."""
    context = page.admin_site.each_context(request) | {
        "title": f"Code {coupon} of {coupon.pool}",
        "coupon": coupon,
        "code": codes.shown(coupon),
        "opts": page.opts,
        "address": reverse("admin:rewards_coupon_change", args=[coupon.pk]),
    }
    response = TemplateResponse(request, "admin/coupon_code.html", context)
    response["Cache-Control"] = "no-store"
    return response


@admin.register(Coupon)
class CouponAdmin(acts.Acting, LongListing):
    list_display = ["shown", "condition", "pool_link", "whose", "assigned_at", "expires_at", "used_at"]
    list_filter = ["state", "pool__kind", "pool"]
    list_select_related = ["pool", "customer"]
    search_fields = ["=last_4", "customer__name", "customer__email"]
    search_help_text = "Its last four signs, a name, an address, or an id such as cpn_01j8…"
    list_before_template = "admin/coupon_list_top.html"
    empty = "No code is here yet. Add a coupon pool and upload codes, or let it make them."
    pool_link = words.person("pool", "Pool")
    whose = words.person("customer", "For whom")
    payout_link = words.person("payout", "Payout")
    reward_link = words.person("reward", "Reward")
    id_text = words.public_id("coupon")
    fieldsets = [
        ("The code", {"fields": ["shown", "condition", "pool_link", "id_text"]}),
        ("For whom", {"fields": ["whose", "reward_link", "payout_link", "assigned_at", "expires_at"]}),
        ("Its use", {"fields": ["used_at", "order", "told"]}),
    ]
    acts = [
        acts.Act(
            name="show",
            label="Show the code",
            done="Shown whole",
            consequence="You will see the whole code. That you did, and why, is kept in the log.",
            do=show,
            then=show_code,
        ),
        acts.Act(
            name="revoke",
            label="Revoke",
            done="Revoked",
            danger=True,
            consequence="The code is void here; end it in your shop too. Whoever has it gets another of the pool "
            "within seconds, or waits for the next upload. To take the reward itself back, reject its conversion.",
            do=revoke,
            applies=lambda row: (
                row.state in (CouponState.FREE, CouponState.HANDED, CouponState.ASSIGNED) and not row.payout_id
            ),
        ),
        acts.Act(
            name="put-back",
            label="Put back into stock",
            done="Put back into stock",
            consequence="Somebody else will get this code. Only do so if the shop still honours it and nobody else "
            "can use it: whoever had it may have kept it.",
            do=put_back,
            applies=lambda row: row.state == CouponState.REVOKED and row.pool.uploaded and not row.used_minor,
        ),
    ]

    def get_urls(self):
        return [path("find/", self.admin_site.admin_view(self.find), name="rewards_coupon_find"), *super().get_urls()]

    def find(self, request):
        """A whole code finds its row. By a form that is posted: what is searched for stands in an address, and logs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = Typed(request.POST or None)
        if form.is_valid():
            coupon = self.get_queryset(request).filter(fingerprint=codes.fingerprint(form.cleaned_data["code"])).first()
            if coupon:
                return HttpResponseRedirect(reverse("admin:rewards_coupon_change", args=[coupon.pk]))
            form.add_error("code", "No coupon has this code. Look for a mistyped sign; capitals do not matter.")
        context = self.admin_site.each_context(request) | {
            "title": "Find a code",
            "lead": "You see whose it is and how far it is used.",
            "button": "Find",
            "form": form,
            "back": reverse("admin:rewards_coupon_changelist"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    @display(description="Code", ordering="last_4")
    def shown(self, row):
        return format_html('<code class="id">…{}</code>', row.last_4)

    @display(description="State", ordering="state")
    def condition(self, row):
        return words.dot(_TONES.get(row.state, "quiet"), row.get_state_display())

    @display(description="Order")
    def order(self, row):
        return row.order_reference or words.NOTHING

    @display(description="What else")
    def told(self, row):
        return words.lines(_told(row))


def _told(row):
    if row.order_undone_at:
        yield f"Its order was given back on {words.moment(row.order_undone_at)}; the code stays used."
    if row.reward and row.state == CouponState.USED and row.reward.available_minor < 0:
        yield "Its reward was taken back after it was used: the next rewards of this form pay that off."
    if row.used_minor and row.state == CouponState.ASSIGNED:
        yield "A part of it was used."
    if row.pool.kind == PoolKind.GIFT_CARD:
        for use in row.uses.order_by("-id")[:_MOST_USES]:
            amount, order = reading.plain(use.amount_minor, row.pool.currency), ids.encode("ord", use.order)
            yield f"{amount} paid for the order {order} on {words.moment(use.used_at)}."
