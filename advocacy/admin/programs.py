"""Programs: what the landing page, the links and the attribution follow."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from advocacy import destinations, history, terms
from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.moments import Moment
from advocacy.models import (
    Connection,
    ConnectionStatus,
    LinkTarget,
    MailKind,
    Platform,
    Program,
    ProgramStatus,
    Storefront,
)
from advocacy.models.program import OWN_MAILS
from advocacy.refusals import Refused

LABELS = {
    "slug": "Short name",
    "window_days": "A click counts for (days)",
    "click_precedence": "Of several clicks",
    "new_customers_only": "New customers only",
    "link_target": "A link leads to",
    "allowed_hosts": "Further hosts",
    "metadata_keys": "Metadata that rules may ask for",
    "claim_days": "Missing friends (days)",
    "claim_deadline_days": "Decided within (days)",
    "late_code_days": "A code after the order (days)",
    "points_per_unit": "Points for one unit of money",
    "mail_colour": "Colour of mails",
    "mail_logo": "Logo of mails",
    "expiry_reminder_days": "Reminder before something expires (days)",
}


def only_storefront():
    """Initial values of a new row where there is no choice: a test twin is none."""
    live = Storefront.objects.filter(test_twin_of=None)[:2]
    return {"storefront": live[0].pk} if len(live) == 1 else {}


def only_program():
    """The same for what belongs to a program."""
    running = Program.objects.exclude(status=ProgramStatus.ENDED).filter(storefront__test_twin_of=None)[:2]
    return {"program": running[0].pk} if len(running) == 1 else {}


class Keys(forms.CharField):
    """A list of short texts, written with commas."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [key.strip() for key in super().to_python(value).split(",") if key.strip()]


class Mails(forms.MultipleChoiceField):
    """Which kinds of mail there are to choose, by their words."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **options):
        choices = [(kind.value, kind.label) for kind in MailKind if kind not in OWN_MAILS]
        super().__init__(choices=choices, **options)


class ProgramForm(forms.ModelForm):
    """Its times are of the zone that stands in it."""

    starts_at = Moment(label="It starts", required=False, help_text="Empty: from the beginning.")
    ends_at = Moment(label="It ends", required=False, help_text="Empty: open end.")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        zone = self.data.get(self.add_prefix("time_zone")) or self.instance.time_zone
        for name in {"starts_at", "ends_at"} & set(self.fields):
            self.fields[name].in_zone(zone)


def _leads_to(template, sentence):
    """Lead links straight to the shop of a platform, as it wants it."""

    def do(*, row, by, at):
        connection = _connection(row, template)
        home = row.storefront.url or connection.shop
        makes = {
            "shopify": lambda: destinations.for_shopify(home),
            "woocommerce": lambda: destinations.for_woocommerce(connection.shop),
            "stripe": lambda: destinations.for_stripe(row.destination),
        }
        row.destination, row.link_target = makes[template](), LinkTarget.DESTINATION
        try:
            row.full_clean()
        except ValidationError as invalid:
            raise Refused("invalid_destination", " ".join(invalid.messages)) from invalid
        row.save(update_fields=["destination", "link_target"])
        return f"Links lead to {row.destination}"

    label = Platform(template).label
    return acts.Act(
        name=f"lead-to-{template}",
        label=f"Lead to {label}",
        done=f"Links lead to {label}",
        form=acts.Confirm,
        consequence=f"Links lead straight to the shop, no more to the landing page. {sentence}",
        do=do,
        told=str,
        applies=lambda row: _connection(row, template) is not None,
    )


def _connection(program, platform):
    mine = Connection.objects.filter(storefront=program.storefront, platform=platform)
    return mine.filter(status=ConnectionStatus.ACTIVE).first()


_UNKNOWN_HISTORY = (
    "New customers cannot be recognised yet: nothing is known of orders from before, so everybody looks new. Send "
    "orders_before with your customers, or tick “No earlier orders” on the storefront."
)


def _with_history(heading, said, program):
    """The fields of a heading; where new customers are asked for, with what is missing to know them."""
    if "new_customers_only" in said["fields"]:
        known = history.told(Program.objects.filter(pk=program.pk)).get().new_customers_known
        if not known:
            said = said | {"description": f"{_UNKNOWN_HISTORY} {said['description']}"}
    return heading, said


def _with_preview(said):
    return said | {"fields": [*said["fields"], "previews"]} if "mail_kinds" in said["fields"] else said


def _with_terms(said):
    return said | {"fields": [*said["fields"], "terms_now"]} if "open_in_portal" in said["fields"] else said


@admin.register(Program)
class ProgramAdmin(acts.Acting, Listing):
    empty = "A program says where links lead and who counts as brought. Add one, then write its first rule."
    form = ProgramForm
    change_form_template = "admin/program.html"
    list_display = ["name", "storefront_link", "state", "currency", "window", "starts_at", "ends_at"]
    list_filter = ["status", "storefront"]
    list_select_related = ["storefront"]
    search_fields = ["name", "slug"]
    search_help_text = "A name or a short name"
    prepopulated_fields = {"slug": ["name"]}
    storefront_link = words.person("storefront", "Storefront")
    state = words.status("status")
    id_text = words.public_id("program")
    acts = [
        _leads_to(
            "shopify",
            "Shopify takes the code off as a coupon: for that add a coupon pool of “The advocates’ own codes”. "
            "A link’s own page is shown then.",
        ),
        _leads_to("woocommerce", "The lines of PHP in docs/integrate.md put the code into the basket as a coupon."),
        _leads_to("stripe", "The page that links lead to is told the visit as client_reference_id."),
    ]
    fieldsets = [
        ("The program", {"fields": ["storefront", "name", "slug", "status", "starts_at", "ends_at"]}),
        (
            "Money and days",
            {
                "fields": ["currency", "time_zone", "points_per_unit", "expiry_reminder_days"],
                "description": "The currency stays as it is once somebody has joined or a rule has promised something.",
            },
        ),
        (
            "Who counts as brought",
            {
                "fields": ["window_days", "click_precedence", "new_customers_only", "burst_above"],
                "description": "A code that a friend types always wins over a click. Of several clicks, those count "
                "that come with the sign-up or the order: the snippet keeps the first where you choose it here, unless "
                "its data-keep says otherwise. A shop without the snippet must keep and send the first click_id.",
            },
        ),
        (
            "Friends who are missing",
            {
                "fields": ["claim_days", "claim_deadline_days", "late_code_days"],
                "description": "For who came by a friend and nothing tells us so: clicked on the phone, bought "
                "elsewhere without the code.",
            },
        ),
        ("What is kept for rules", {"fields": ["metadata_keys"], "classes": ["collapse"]}),
        ("Where links lead", {"fields": ["link_target", "destination", "allowed_hosts"]}),
        (
            "Mails",
            {
                "fields": ["mail_kinds", "mail_colour", "mail_logo"],
                "description": "Their sender and foot stand on the storefront’s page. Friends’ offers go only to who "
                "agreed to promotional mail.",
            },
        ),
        ("What friends read", {"fields": ["headline"]}),
        (
            "Joining and terms",
            {
                "fields": ["open_in_portal"],
                "description": "Who joins agrees to the terms that are in force. Each version is published once.",
            },
        ),
    ]

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return self.fieldsets
        told = [_with_history(heading, _with_terms(_with_preview(said)), obj) for heading, said in self.fieldsets]
        return [*told, ("For the API", {"fields": ["id_text"]})]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        promised = obj.offers.exists() or obj.advocates.exists()
        return ["id_text", "previews", "terms_now", "storefront", *(["currency"] if promised else [])]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in LABELS:
            kwargs["label"] = LABELS[db_field.name]
        if db_field.name == "metadata_keys":
            return Keys(label=LABELS[db_field.name], help_text=db_field.help_text, required=False)
        if db_field.name == "mail_kinds":
            return Mails(label="Mails that are sent", help_text=db_field.help_text, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="Terms")
    def terms_now(self, row):
        """What is in force, and the way to a new version."""
        newest, draft = terms.current(row), row.terms.filter(published_at=None).first()
        said = words.link(newest, f"Version {newest.number} is in force") if newest else "None yet"
        address = f"{reverse('admin:advocacy_programterms_add')}?program={row.pk}"
        write = format_html('<a class="text-link" href="{}">Write a new version</a>', address)
        return format_html("{} · {}", said, words.link(draft, "Go on with the draft") if draft else write)

    @admin.display(description="How mails look")
    def previews(self, row):
        address = reverse("admin:advocacy_mail_preview", args=[row.pk])
        return format_html('<a class="text-link" href="{}">Preview in each language</a>', address)

    def get_changeform_initial_data(self, request):
        return only_storefront() | super().get_changeform_initial_data(request)

    @admin.display(description="A click counts for", ordering="window_days")
    def window(self, row):
        return f"{row.window_days} days"
