"""Pools of codes: made by a form, filled by a file, with a bar of what is left."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display
from unfold.enums import ActionVariant

from advocacy import money, tables
from advocacy.admin import acts, shops, words
from advocacy.admin.listing import Listing
from advocacy.admin.programs import only_program
from advocacy.refusals import Refused
from rewards.admin.pool_forms import Codes, PoolForm
from rewards.coupons import friends, in_shop, pools, uploading
from rewards.models import CouponPool, PoolSource

# What else stands on the page of a pool, by where its codes come from.
_BOXES = {
    PoolSource.UPLOADED: ("low_stock", "expiry_days"),
    PoolSource.GENERATED: ("prefix", "code_length", "expiry_days"),
    PoolSource.IN_SHOP: ("connection_link", "least", "prefix", "code_length", "expiry_days"),
    PoolSource.LINKS: ("connection_link", "least", "most_uses"),
}
# On the page of a pool that exists its source is a text, which the browser does not know.
_FIXED = "typeof source === 'undefined'"
_EXAMPLE = ("SUMMER-7QX2-EXAMPLE", "SUMMER-9KD4-EXAMPLE")


def _give(*, row, by, at):
    friends.give(pool=row, at=at)


def _stop(*, row, by, at):
    friends.stop(pool=row)


@admin.register(CouponPool)
class CouponPoolAdmin(acts.Acting, Listing):
    form = PoolForm
    list_display = ["name", "kind", "value", "stock", "state", "program_link"]
    list_filter = ["kind", "source", "program"]
    list_select_related = ["program", "connection"]
    search_fields = ["name"]
    search_help_text = "A name, or an id such as pol_01j8…"
    empty = "Rules that give coupons or gift cards take their codes from a pool: yours, or one that your shop makes."
    program_link = words.person("program", "Program")
    connection_link = words.person("connection", "Shop")
    id_text = words.public_id("coupon_pool")
    conditional_fields = {
        "connection": f"{_FIXED} || ['in_shop', 'links'].includes(source)",
        "minimum": f"{_FIXED} || ['in_shop', 'links'].includes(source)",
        "most_uses": f"{_FIXED} || source == 'links'",
        "prefix": f"{_FIXED} || ['generated', 'in_shop'].includes(source)",
        "code_length": f"{_FIXED} || ['generated', 'in_shop'].includes(source)",
        "low_stock": f"{_FIXED} || source == 'uploaded'",
        "expiry_days": f"{_FIXED} || source != 'links'",
    }

    acts = [
        acts.Act(
            name="give-to-friends",
            label="Give to each friend",
            done="Given to each friend",
            form=acts.Confirm,
            consequence="Who comes by a link of the program presses “Get your code” on its page and gets one of these, "
            "for one order, before anybody knows them; {coupon} of the destination is filled with it. Links that led "
            "straight to the shop with {coupon} lead to that page first.",
            do=_give,
            applies=lambda row: friends.may_be_given(row) and not in_shop.friends_get(row),
        ),
        acts.Act(
            name="give-to-no-friend",
            label="Give to friends no more",
            done="Given to friends no more",
            form=acts.Confirm,
            consequence="Nobody gets a code of it by coming. Codes that were given stay good.",
            do=_stop,
            applies=in_shop.friends_get,
        ),
    ]

    def get_queryset(self, request):
        return pools.counted(super().get_queryset(request))

    def get_fieldsets(self, request, obj=None):
        worth = "value" if obj else ("amount", "percent")
        shop = ["connection", "minimum", "most_uses"]
        codes_of = ["source", *shop, "prefix", "code_length", "low_stock", "expiry_days"]
        if obj:
            codes_of = ["source", *_BOXES[obj.source]]
        made = [
            ("The pool", {"fields": ["program", "name", "kind", worth]}),
            ("Its codes", {"fields": codes_of}),
        ]
        if obj is None:
            return made
        stock = ["stock", "to_friends", "waiting", "given"] if obj.source != PoolSource.LINKS else ["stock"]
        stock += ["told"] if obj.connection_id else []
        return [("Stock", {"fields": stock}), *made, ("For the API", {"fields": ["id_text"]})]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        fixed = ["program", "kind", "value", "source", "connection_link", "least", "most_uses"]
        return ["stock", "to_friends", "waiting", "given", "told", *fixed, "id_text"]

    def get_changeform_initial_data(self, request):
        return only_program() | super().get_changeform_initial_data(request)

    def save_model(self, request, obj, form, change):
        # Never over what assigning codes writes meanwhile.
        obj.save(update_fields=["name", "prefix", "code_length", "low_stock", "expiry_days"] if change else None)

    def response_add(self, request, obj, post_url_continue=None):
        if not obj.uploaded:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, f"{obj} is there. Now upload its codes.")
        return HttpResponseRedirect(reverse("admin:rewards_couponpool_upload", args=[obj.pk]))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("codes.csv", view(self.template), name="rewards_couponpool_template"),
            path("<int:pk>/upload/", view(self.upload), name="rewards_couponpool_upload"),
            *super().get_urls(),
        ]

    def template(self, request):
        """A file to begin with."""
        if not self.may_change(request):
            raise PermissionDenied
        text = "".join(tables.write([uploading.COLUMN], ([code] for code in _EXAMPLE), bom=True))
        headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)

    def upload(self, request, pk):
        pool = self.get_object(request, str(pk))
        if pool is None or not pool.uploaded:
            raise Http404
        if not self.may_change(request):
            raise PermissionDenied
        form = Codes(request.POST or None, request.FILES or None)
        page = reverse("admin:rewards_couponpool_change", args=[pool.pk])
        if form.is_valid() and self._taken(request, form, pool):
            return HttpResponseRedirect(page)
        context = self.admin_site.each_context(request) | {
            "title": f"Upload codes to {pool}",
            "lead": f"Each is worth {pool.worth}. Whoever waits for a code of this pool gets one at once.",
            "button": "Upload the codes",
            "template": reverse("admin:rewards_couponpool_template"),
            "form": form,
            "back": page,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/upload.html", context)

    def _taken(self, request, form, pool):
        how = {"only_new": form.cleaned_data["only_new"], "by": request.user, "at": timezone.now()}
        try:
            done = uploading.table(pool=pool, raw=form.cleaned_data["file"].read(), **how)
        except Refused as refused:
            form.add_error("file", tables.told(refused))
            return False
        self.log_change(request, pool, f"Uploaded {done.read} codes; {done.left_out_count} were left out.")
        messages.success(request, _said(done))
        return True

    def render_change_form(self, request, context, *args, obj=None, **options):
        if obj and obj.uploaded and self.may_change(request):
            button = {
                "title": "Upload codes",
                "path": reverse("admin:rewards_couponpool_upload", args=[obj.pk]),
                "variant": ActionVariant.DEFAULT,
                "attrs": {},
                "icon": None,
                "dialog": None,
            }
            context["actions_detail"] = [*context.get("actions_detail", []), button]
        return super().render_change_form(request, context, *args, obj=obj, **options)

    @display(description="Worth")
    def value(self, row):
        return row.worth

    @display(description="Codes")
    def stock(self, row):
        if row.source == PoolSource.LINKS:
            return "Each advocate’s own code"
        if not row.uploaded:
            return f"Made when needed; {row.assigned} given, {row.used} used"
        every = row.free + row.assigned + row.used
        return format_html(
            '<span class="job-bar"><progress aria-label="Left" max="{}" value="{}"></progress>'
            '<span class="money">{} left, {} given, {} used</span></span>',
            every or 1,
            row.free,
            row.free,
            row.assigned,
            row.used,
        )

    @display(description="State")
    def state(self, row):
        if not row.uploaded:
            return words.dot("good", "Never runs out")
        if not row.free:
            return words.dot("stop", "Empty: upload codes")
        return (
            words.dot("wait", "Runs low") if row.low_since or row.free <= row.low_stock else words.dot("good", "Enough")
        )

    @display(description="Waiting for a code")
    def waiting(self, row):
        count, held = pools.waiting(row).count(), pools.wanting(row).filter(waits_for_code=False).count()
        served = "at the next upload" if row.uploaded else "as codes are made"
        said = f"{count} rewards; served in order {served}" if count else "Nobody"
        return f"{said}. {held} more rewards will need one when their hold is over" if held else said

    @display(description="Given to each friend")
    def to_friends(self, row):
        if in_shop.friends_get(row):
            return f"Yes, to who asks for one on the page of a link; {row.handed} have one that is not used"
        return "No: press “Give to each friend”" if friends.may_be_given(row) else "No"

    @display(description="Minimum")
    def least(self, row):
        return money.plain(row.minimum_minor, row.program.currency) if row.minimum_minor else "None"

    @display(description="What the shop was told")
    def told(self, row):
        return shops.told(row.connection)

    @display(description="The codes")
    def given(self, row):
        address = reverse("admin:rewards_coupon_changelist")
        return format_html('<a class="text-link" href="{}?pool__id__exact={}">Show them</a>', address, row.pk)


def _said(done):
    left_out = f" {done.left_out_count} were left out." if done.left_out_count else ""
    if done.job:
        return f"{done.read - done.left_out_count} codes are being added by a job.{left_out}"
    served = f" {done.served} rewards that waited got theirs." if done.served else ""
    return f"{done.added} codes were added.{left_out}{served}"
