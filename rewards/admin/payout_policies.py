"""How cash is paid out: from which amount on, when, how, and who approves."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display

from advocacy.admin import acts, words
from advocacy.admin.listing import Listing
from advocacy.admin.programs import only_storefront
from rewards import limits
from rewards.admin.limits import told
from rewards.admin.money_form import MoneyForm, money_box
from rewards.models import PayoutKind, PayoutPolicy, PayoutSchedule
from rewards.payouts import gathering


class PolicyForm(MoneyForm):
    minimum = money_box("Minimum", "Nobody is paid less than this at once, such as 20.00.")
    second_above = money_box(
        "Second person above",
        "A batch whose total is above this is approved by somebody else than its maker. 0: always. A lower limit "
        "counts at once, a higher one when somebody else confirms it.",
    )
    boxes = {"minimum": "minimum_minor", "second_above": "four_eyes_above_minor"}

    class Meta:
        model = PayoutPolicy
        fields = ["storefront", "program", "currency", "kind", "pool", "schedule", "day", "payer_name", "payer_iban"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.initial_limit = self.instance.four_eyes_above_minor
        self.fields["second_above"].initial = self.fields["second_above"].initial or "0"


def gather(*, row, by, at):
    return gathering.gather(policy=row, by=by, at=at)


def to_batch(page, request, batch):
    page.message_user(request, f"The draft is made: {batch.payouts_count} are paid, {batch.waiting_count} wait.")
    return HttpResponseRedirect(reverse("admin:rewards_payoutbatch_change", args=[batch.pk]))


@admin.register(PayoutPolicy)
class PayoutPolicyAdmin(acts.Acting, Listing):
    empty = "Say here how cash rewards are paid out: from which amount on, when, and how."
    form = PolicyForm
    list_display = ["name", "kind", "minimum_text", "when", "second"]
    list_filter = ["kind", "storefront"]
    list_select_related = ["storefront", "program"]
    search_fields = ["storefront__name", "program__name"]
    search_help_text = "A storefront’s or a program’s name"
    conditional_fields = {
        "payer_name": f"kind == '{PayoutKind.SEPA}'",
        "payer_iban": f"kind == '{PayoutKind.SEPA}'",
        "pool": f"kind == '{PayoutKind.GIFT_CARD}'",
        "day": "schedule != 'manual'",
    }
    fieldsets = [
        ("Whose cash", {"fields": ["storefront", "program", "currency"]}),
        ("How it leaves", {"fields": ["kind", "pool", "payer_name", "payer_iban"]}),
        ("When", {"fields": ["minimum", "schedule", "day"]}),
        ("Who approves", {"fields": ["second_above"]}),
    ]
    acts = [
        acts.Act(
            name="gather",
            label="Make a batch now",
            done="Batch made",
            form=acts.Confirm,
            consequence="All that is due now is frozen in a draft. Nothing is sent before it is approved and exported.",
            do=gather,
            then=to_batch,
        )
    ]
    minimum_text = words.amount("minimum_minor", "Minimum", unit="currency")
    second = words.amount("four_eyes_above_minor", "Second person above", unit="currency")

    def get_changeform_initial_data(self, request):
        return only_storefront() | super().get_changeform_initial_data(request)

    def get_readonly_fields(self, request, obj=None):
        return ["storefront", "program", "currency"] if obj and obj.batches.exists() else []

    def save_model(self, request, obj, form, change):
        """All but a higher limit, which a second person confirms."""
        wanted = obj.four_eyes_above_minor
        obj.four_eyes_above_minor = form.initial_limit
        super().save_model(request, obj, form, change)
        asked = limits.change(of=obj, minor=wanted, by=request.user, at=timezone.now())
        if sentence := told(asked):
            messages.info(request, sentence)

    @display(description="Whose cash")
    def name(self, row):
        return str(row)

    @display(description="When")
    def when(self, row):
        return row.get_schedule_display() + (f", day {row.day}" if row.schedule != PayoutSchedule.MANUAL else "")
