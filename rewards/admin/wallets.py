"""Customers' wallets: what they have and every line of it, what is spent, and what is changed by hand."""

from decimal import Decimal

from django.contrib import admin
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from advocacy import money, reading, reasons
from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from advocacy.admin.people import CustomerAdmin
from advocacy.models import Customer
from advocacy.pages import downloads
from rewards import wallets
from rewards.admin import by_hand
from rewards.models import Adjustment, Form, Redemption, Wallet

CustomerAdmin.elsewhere["Wallet"] = "admin:rewards_wallet_change"
LINES = 50


def _owed(customer):
    has = wallets.balance(storefront=customer.storefront, customer=customer, at=timezone.now())
    rows = [(name, _sums(has, column)) for name, column in _OWED.items()]
    said = [(name, sums) for name, sums in rows if sums]
    return words.table(said, head=("Nobody will have it afterwards", "Amount")) if said else ""


def _sums(has, column):
    found = [(getattr(wallet, column), wallet.unit) for wallet in has]
    return " · ".join(money.plain(amount, unit) for amount, unit in found if amount > 0)


_OWED = {"To spend or pay out": "available_minor", "On its way": "pending_minor", "In a basket": "reserved_minor"}
CustomerAdmin.owed = staticmethod(_owed)
_HEADER = ["When", "What", "Paid in", "Change", "Balance", "Unit", "Moved"]


@admin.register(Wallet)
class WalletAdmin(acts.Acting, LongListing):
    empty = "Everybody who was granted something has a wallet here. Write a rule, and let a friend order."
    list_display = ["who", "email", "to_spend", "on_its_way", "storefront_link"]
    list_filter = ["storefront"]
    list_select_related = ["storefront"]
    search_fields = ["name", "email", "=external_id"]
    search_help_text = "A name, an e-mail address, the shop's own number, or an id such as cus_01j8…"
    storefront_link = words.person("storefront", "Storefront")
    fieldsets = [
        ("Whose", {"fields": ["person", "storefront"]}),
        ("What they have", {"fields": ["balances", "coming", "expiring"]}),
        ("Every line, newest first", {"fields": ["newest_lines", "as_a_file"]}),
    ]
    acts = by_hand.OF_WALLETS

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("accounts")

    def get_urls(self):
        view = self.admin_site.admin_view(self.statement)
        return [path("<int:pk>/statement.csv", view, name="rewards_wallet_statement"), *super().get_urls()]

    def statement(self, request, pk):
        owner = self.get_object(request, str(pk))
        if owner is None or not self.has_view_permission(request, owner):
            raise Http404
        told = wallets.every_line(storefront=owner.storefront_id, customer=owner)
        return downloads.table("statement", _HEADER, map(_row, told))

    @display(description="Customer", ordering="name")
    def who(self, row):
        return str(row)

    @display(description="Customer")
    def person(self, row):
        return words.link(Customer(pk=row.pk), str(row))

    @display(description="To spend")
    def to_spend(self, row):
        return _amounts(row, "available")

    @display(description="On its way")
    def on_its_way(self, row):
        return _amounts(row, "pending")

    @display(description="Balance")
    def balances(self, row):
        return words.table(_balance(wallet) for wallet in _wallets(row)) if _wallets(row) else "Nothing yet."

    @display(description="On its way")
    def coming(self, row):
        found = [_coming(wallet, one) for wallet in _wallets(row) for one in wallet.coming]
        return words.table(found) if found else "Nothing."

    @display(description="Expires")
    def expiring(self, row):
        found = [
            (words.moment(one.expires_at), reading.plain(one.amount_minor, wallet.unit))
            for wallet in _wallets(row)
            for one in wallet.expiring
        ]
        return words.table(found) if found else "Nothing of it expires."

    @display(description="Newest lines")
    def newest_lines(self, row):
        newest = wallets.statement(storefront=row.storefront_id, customer=row).order_by("-id")[:LINES]
        told = wallets.lines(customer=row, transfers=list(newest))
        head = "When", "What", "Change", "Balance"
        return (
            words.table(map(_line, told), look="money-lines", head=head)
            if told
            else "The first line appears when something is granted or given."
        )

    @display(description="As a file")
    def as_a_file(self, row):
        address = reverse("admin:rewards_wallet_statement", args=[row.pk])
        return format_html('<a class="text-link" href="{}">The whole statement as CSV</a>', address)


def _wallets(row):
    """Asked once a page."""
    if not hasattr(row, "read_wallets"):
        row.read_wallets = wallets.balance(storefront=row.storefront_id, customer=row, at=timezone.now())
    return row.read_wallets


def _amounts(row, kind):
    accounts = sorted(row.accounts.all(), key=lambda each: each.pk)
    return words.lines(
        reading.plain(each.balance_minor, each.unit) + ("" if each.form == "credit" else f", {each.get_form_display()}")
        for each in accounts
        if each.kind == kind and each.balance_minor
    )


def _balance(wallet):
    return (
        Form(wallet.form).label,
        reading.plain(wallet.available_minor, wallet.unit) + " to spend",
        reading.plain(wallet.pending_minor, wallet.unit) + " on its way",
        reading.plain(wallet.reserved_minor, wallet.unit) + " reserved",
    )


def _coming(wallet, one):
    when = words.moment(one.due_at) if one.due_at else "No date"
    return when, reading.plain(one.amount_minor, wallet.unit), reasons.staff(one.held_by) if one.held_by else ""


def _line(line):
    transfer = line.transfer
    unit = transfer.unit
    change = (
        ("+" if line.change_minor > 0 else "") + reading.plain(line.change_minor, unit) if line.change_minor else ""
    )
    return words.moment(transfer.at), words.link(transfer, line.text), change, reading.plain(line.balance_minor, unit)


def _row(line):
    transfer = line.transfer
    change, balance, moved = (
        Decimal(amount).scaleb(-money.decimals(transfer.unit))
        for amount in (line.change_minor, line.balance_minor, transfer.amount_minor)
    )
    return transfer.at, line.text, transfer.source.get_form_display(), change, balance, transfer.unit, moved


def _zone(row):
    return (row.program or row.storefront).time_zone


@admin.register(Redemption)
class RedemptionAdmin(acts.Acting, LongListing):
    empty = "What shops spend at the checkout with POST /redemptions is listed here."
    list_display = [
        "whose",
        "shown_state",
        "amount",
        "given_back",
        "order",
        "reserved",
        "until",
    ]
    list_filter = ["state", "form", "unit", "storefront"]
    list_select_related = ["customer", "program", "storefront"]
    search_fields = ["=order_external_id", "customer__name", "customer__email"]
    search_help_text = "An order number, a name, an e-mail address, or an id such as red_01j8…"
    shown_state = words.status("state")
    amount = words.amount("amount_minor", "Amount", unit="unit")
    given_back = words.amount("reversed_minor", "Given back since", unit="unit")
    id_text = words.public_id("redemption")
    fieldsets = [
        ("What was redeemed", {"fields": ["owner", "shown_state", ("amount", "given_back"), "worth", "lots"]}),
        ("For which order", {"fields": ["order"]}),
        ("When", {"fields": ["reserved", "until", "confirmed", "ended", "id_text"]}),
    ]
    reserved = words.zoned("reserved_at", "Reserved at", _zone)
    until = words.zoned("reserved_until", "Reserved until", _zone)
    confirmed = words.zoned("confirmed_at", "Confirmed at", _zone)
    ended = words.zoned("ended_at", "Ended at", _zone)
    acts = by_hand.OF_REDEMPTIONS

    @display(description="Whose")
    def whose(self, row):
        return str(row.customer)

    @display(description="Wallet")
    def owner(self, row):
        return wallet_link(row.customer)

    @display(description="Order")
    def order(self, row):
        return row.order_external_id or "Not told yet"

    @display(description="Worth, if points")
    def worth(self, row):
        return words.NOTHING if row.worth_minor is None else reading.plain(row.worth_minor, row.worth_currency)

    @display(description="Of which rewards")
    def lots(self, row):
        moved = wallets.moved_by(reference=row.public_id)
        return words.table(
            (words.moment(each.at), words.link(each.reward), f"{each.get_leg_display()} {_plain(each)}")
            for each in moved
        )


def _plain(transfer):
    return reading.plain(transfer.amount_minor, transfer.unit)


@admin.register(Adjustment)
class AdjustmentAdmin(acts.Acting, LongListing):
    empty = "Nothing was given or taken by hand. Open a wallet to give or take something, with a reason."
    list_display = ["whose", "kind", "amount", "form", "reason", "who", "made_at"]
    list_filter = ["kind", "form", "unit", "program"]
    list_select_related = ["customer", "made_by"]
    search_fields = ["customer__name", "customer__email", "reason"]
    search_help_text = "A name, an e-mail address, a word of the reason, or an id such as adj_01j8…"
    amount = words.amount("amount_minor", "Amount", unit="unit")
    id_text = words.public_id("adjustment")
    fieldsets = [
        ("What was changed", {"fields": ["owner", "kind", ("amount", "form"), "reward", "expires_at"]}),
        ("Why", {"fields": ["reason", "who", "made_at", "undoes", "undone", "id_text"]}),
    ]
    acts = by_hand.OF_ADJUSTMENTS

    @display(description="Whose")
    def whose(self, row):
        return str(row.customer)

    @display(description="Wallet")
    def owner(self, row):
        return wallet_link(row.customer)

    @display(description="By")
    def who(self, row):
        return str(row.made_by or "A server, by the API")

    @display(description="Undone by")
    def undone(self, row):
        return words.link(row.undone_by) if row.is_undone else words.NOTHING


def wallet_link(customer):
    address = reverse("admin:rewards_wallet_change", args=[customer.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', address, customer)
