from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display

from advocacy.admin import acts, words
from advocacy.admin.listing import LongListing
from referrals import links
from referrals.models import Link, LinkStatus


def turn(status):
    def do(*, row, by, at, reason):
        links.set_status(link=row, status=status, at=at)

    return do


@admin.register(Link)
class LinkAdmin(acts.Acting, LongListing):
    empty = "Each advocate gets a link on joining. Let the shop enrol the first one."
    list_display = ["code", "state", "advocate_link", "program_link", "channel", "burst", "expires_at", "created_at"]
    list_filter = ["status", ("burst_since", admin.EmptyFieldListFilter), "program"]
    list_select_related = ["advocate__customer", "program"]
    search_fields = ["=code", "advocate__display_name", "advocate__customer__email"]
    search_help_text = "A code, a name, an e-mail address, or an id such as lnk_01j8…"
    state = words.status("status")
    advocate_link = words.person("advocate", "Advocate")
    program_link = words.person("program", "Program")
    id_text = words.public_id("link")
    fieldsets = [
        ("The link", {"fields": ["address", "code", "state", "burst", "advocate", "program", "channel"]}),
        ("Where it leads", {"fields": ["destination", "expires_at"]}),
        ("Since when", {"fields": ["created_at", "id_text"]}),
    ]
    acts = [
        acts.Act(
            name="disable",
            label="Switch off",
            done="Switched off",
            danger=True,
            consequence="It leads to a friendly page and binds nobody new. Friends it brought stay.",
            do=turn(LinkStatus.DISABLED),
            applies=lambda link: link.status == LinkStatus.ACTIVE,
        ),
        acts.Act(
            name="enable",
            label="Switch on",
            done="Switched on",
            consequence="It binds friends again.",
            do=turn(LinkStatus.ACTIVE),
            applies=lambda link: link.status == LinkStatus.DISABLED,
        ),
    ]

    @display(description="Burst", ordering="burst_since")
    def burst(self, row):
        if row.burst_since is None:
            return words.NOTHING
        return words.dot("wait", f"More than {row.program.burst_above} an hour, since {row.burst_since:%-d %b, %H:%M}")

    @display(description="Address")
    def address(self, row):
        shared = links.address(row)
        return format_html('<a class="text-link" href="{}" rel="noreferrer">{}</a>', shared, shared)
