"""Rewards, the decisions behind them, and the ledger. Read-only for everybody: amounts change by what happens."""

from django.contrib import admin
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from advocacy import ids, reading, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.models import Event
from rewards import explanations
from rewards.admin import by_hand
from rewards.admin.wallets import wallet_link
from rewards.models import Account, Decision, Reward, Transfer


def subject_name(subject):
    return ids.encode(ids.PREFIXES.get(subject.kind, subject.kind), subject.public_id)


class TransferInline(TabularInline):
    model = Transfer
    verbose_name_plural = "ledger lines"
    hide_title = True
    extra = 0
    can_delete = False
    ordering = ["id"]
    fields = readonly_fields = ["what", "moved", "source", "target", "at"]
    what = words.status("leg", "What")
    moved = words.amount("amount_minor", "Amount", unit="unit")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("source__customer", "target__customer")

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


_PLACES = (
    ("Waiting", "pending_minor"),
    ("Credited", "available_minor"),
    ("Reserved", "reserved_minor"),
    ("Spent", "spent_minor"),
    ("Paid out", "paid_minor"),
    ("Expired", "expired_minor"),
)


class WaitsForCode(admin.SimpleListFilter):
    """As ``Reward.held_by`` says it: what was taken back meanwhile waits for none."""

    title, parameter_name = "waits for a code", "waits_for_code"

    def lookups(self, request, model_admin):
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request, rewards):
        waits = Q(waits_for_code=True) & (Q(pending_minor__gt=0) | Q(available_minor__gt=0))
        return {"yes": rewards.filter(waits), "no": rewards.exclude(waits)}.get(self.value(), rewards)


@admin.register(Reward)
class RewardAdmin(acts.Acting, LongListing):
    empty = (
        "What a rule grants is listed here, with when it is due. Write a rule first; a friend’s order then earns one."
    )
    list_display = ["who", "side", "form", "state", "granted", "waiting", "credited", "rule_link", "due_at", "why"]
    list_filter = ["status", "form", "side", "program", "reviewed", WaitsForCode]
    list_select_related = ["recipient", "rule", "subject"]
    search_fields = ["recipient__name", "recipient__email"]
    search_help_text = "A name, an e-mail address, or an id such as rwd_01j8…"
    date_hierarchy = None
    inlines = [TransferInline]
    state = words.status("status")
    granted = words.amount("granted_minor", "Granted", unit="unit")
    waiting = words.amount("pending_minor", "Waiting", unit="unit")
    credited = words.amount("available_minor", "Credited", unit="unit")
    rule_link = words.person("rule", "Rule")
    id_text = words.public_id("reward")
    acts = by_hand.OF_REWARDS
    fieldsets = [
        ("For whom", {"fields": ["wallet", "side", "advocate", "program"]}),
        (
            "How much",
            {
                "fields": [("state", "form"), "amounts", "held"],
            },
        ),
        ("Why", {"fields": ["rule", "rule_version_number", "why", "decisions"]}),
        ("When", {"fields": ["created_at", "due_at", "credited_at", "expires_at", "reminded_at", "id_text"]}),
    ]

    @display(description="For")
    def who(self, row):
        return str(row.recipient)

    @display(description="Amounts")
    def amounts(self, row):
        """What was granted, then where it is: places that hold nothing are left out."""
        held = [(label, getattr(row, column)) for label, column in _PLACES]
        shown = [("Granted", row.granted_minor), *(place for place in held if place[1])]
        return words.table(((label, reading.plain(value, row.unit)) for label, value in shown), look="sums")

    @display(description="Why?")
    def why(self, row):
        return words.why(subject_name(row.subject))

    @display(description="Held by")
    def held(self, row):
        if row.pending_minor and row.held_by:
            return words.dot("held", reasons.staff(row.held_by))
        return words.dot("quiet", "Nothing holds it")

    @display(description="Wallet")
    def wallet(self, row):
        return wallet_link(row.recipient)

    @display(description="Version")
    def rule_version_number(self, row):
        return row.rule_version.number if row.rule_version else words.NOTHING

    @display(description="Decisions")
    def decisions(self, row):
        return words.lines(
            words.link(each, f"Version {each.version}, {words.moment(each.decided_at)}")
            for each in row.subject.decisions.order_by("version")
        )


@admin.register(Decision)
class DecisionAdmin(LongListing):
    empty = "Every order is decided here, also with no. Write a rule, then let a friend order."
    list_display = ["about", "version", "in_short", "decided_at", "why"]
    list_select_related = ["subject"]
    list_filter = ["subject__program"]
    search_fields = ["=subject__public_id"]
    search_help_text = "An id, such as cnv_01j8…"
    id_text = words.public_id("decision")
    fieldsets = [
        ("What was decided", {"fields": ["about", "version", "decided_at", "why"]}),
        ("Every rule’s verdict", {"fields": ["verdicts_in_words"]}),
        ("On the facts of", {"fields": ["event", "id_text"]}),
    ]

    def get_search_results(self, request, queryset, search_term):
        prefix = search_term.strip().partition("_")[0]
        value = ids.decode(prefix, search_term.strip()) if prefix in ids.PREFIXES.values() else None
        if value and prefix != ids.PREFIXES["decision"]:
            return queryset.filter(subject__public_id=value), False
        if search_term.strip() and value is None:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    @display(description="About")
    def about(self, row):
        return format_html('<code class="id">{}</code>', subject_name(row.subject))

    @display(description="In short")
    def in_short(self, row):
        return words.lines(_short(verdict) for verdict in row.verdicts) if row.verdicts else "No rule was in force."

    @display(description="Why?")
    def why(self, row):
        return words.why(subject_name(row.subject))

    @display(description="Verdicts")
    def verdicts_in_words(self, row):
        subject = row.subject
        told = explanations.of_subject(storefront=subject.storefront_id, kind=subject.kind, public_id=subject.public_id)
        mine = next(each for each in told["decisions"] if each["version"] == row.version)
        return render_to_string("admin/verdicts.html", mine)

    @display(description="Event")
    def event(self, row):
        subject = row.subject
        kept = Event.objects.filter(subject_kind=subject.kind, subject_id=subject.public_id, version=row.version)
        return words.link(kept.first())


def _short(verdict):
    owed = [f"{side} {reading.plain(value, verdict['unit'])}" for side, value in verdict["owed"].items() if value]
    return f"{verdict['name']}: {' and '.join(owed) or 'nothing'}"


@admin.register(Account)
class AccountAdmin(LongListing):
    empty = "Each amount somebody is owed stands on an account. The first reward makes the first ones."
    list_display = ["whose", "kind", "balance", "unit", "storefront_link"]
    list_filter = ["kind", "unit", "storefront"]
    list_select_related = ["customer", "storefront"]
    search_fields = ["customer__name", "customer__email"]
    search_help_text = "A name or an e-mail address"
    storefront_link = words.person("storefront", "Storefront")
    balance = words.amount("balance_minor", "Balance", unit="unit")
    fields = ["owner", "kind", "balance", "storefront", "moves"]

    @display(description="Whose")
    def owner(self, row):
        return words.link(row.customer) if row.customer else f"The house of {row.storefront}"

    @display(description="Whose")
    def whose(self, row):
        return str(row.customer or f"The house of {row.storefront}")

    @display(description="Newest lines")
    def moves(self, row):
        newest = (row.transfers_in.all() | row.transfers_out.all()).order_by("-id")[:50]
        return words.table(_line(transfer, row) for transfer in newest)


def _line(transfer, account):
    sign = "+" if transfer.target_id == account.pk else "−"
    return (
        words.moment(transfer.at),
        words.link(transfer, transfer.get_leg_display()),
        (sign + reading.plain(transfer.amount_minor, transfer.unit)),
    )


@admin.register(Transfer)
class TransferAdmin(LongListing):
    empty = "Each move of money or points is one line here. The first reward makes the first one."
    list_display = ["what", "moved", "from_account", "to_account", "reward_link", "at"]
    list_filter = ["leg", "unit", "storefront"]
    list_select_related = [
        "source__customer",
        "target__customer",
        "reward__rule",
        "reward__recipient",
    ]
    search_fields = ["reward__recipient__email"]
    search_help_text = "An e-mail address, or an id such as trf_01j8…"
    what = words.status("leg", "What")
    moved = words.amount("amount_minor", "Amount", unit="unit")
    from_account = words.person("source", "From")
    to_account = words.person("target", "To")
    reward_link = words.person("reward", "Reward")
    id_text = words.public_id("transfer")
    fieldsets = [
        ("What moved", {"fields": ["what", "moved", ("source", "target"), "at"]}),
        ("For what", {"fields": ["reward", "reward_version", "id_text"]}),
    ]
