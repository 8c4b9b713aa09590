"""How the admin writes a status, an amount, a time and a link: columns for lists and pages."""

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from advocacy import ids, reading

# The colour is never alone: the word stands beside it.
TONES = {
    **dict.fromkeys(
        [
            "active",
            "published",
            "available",
            "clear",
            "paid",
            "yes",
            "good",
            "done",
            "settled",
            "taken",
            "delivered",
            "confirmed",
        ],
        "good",
    ),
    **dict.fromkeys(
        [
            "paused",
            "pending",
            "held",
            "planned",
            "wait",
            "running",
            "waiting",
            "frozen",
            "sent",
            "draft",
            "approved",
            "exported",
            "open",
            "received",
            "proposed",
            "counting",
        ],
        "wait",
    ),
    **dict.fromkeys(
        [
            "banned",
            "ended",
            "rejected",
            "reversed",
            "cancelled",
            "stuck",
            "no",
            "stop",
            "failed",
            "returned",
            "refused",
            "disabled",
            "withdrawn",
        ],
        "stop",
    ),
}
NOTHING = "–"


def dot(value, word):
    return format_html('<span class="dot {}">{}</span>', TONES.get(value, "quiet"), word)


def link(row, text=None):
    """A link to a row's own page, or its name where it has none."""
    if row is None:
        return NOTHING
    options = row._meta
    try:
        address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[quote(row.pk)])
    except NoReverseMatch:
        return str(text or row)
    return format_html('<a class="text-link" href="{}">{}</a>', address, text or row)


def moment(value, zone=None):
    """A time of ``zone``, the name of one, which the page says somewhere; of the server’s without it."""
    if not value:
        return NOTHING
    local = timezone.localtime(value, zone and ZoneInfo(zone))
    return date_format(local, "SHORT_DATETIME_FORMAT").replace(" ", "\u00a0")


def zoned(column, label, zone_of):
    """A column or field that shows a time with its zone; ``zone_of``: from a row to the zone's name."""

    @display(description=label, ordering=column)
    def show(_page, row):
        value, zone = getattr(row, column), zone_of(row)
        return f"{moment(value, zone)} ({zone})" if value else NOTHING

    return show


def lines(texts):
    """Several sentences, one below the other."""
    return format_html_join("", '<span class="line">{}</span>', ((text,) for text in texts)) or NOTHING


def status(column, label="Status"):
    """A column that shows a state as its word with a coloured dot."""

    @display(description=label, ordering=column)
    def show(_page, row):
        return dot(getattr(row, column), getattr(row, f"get_{column}_display")())

    return show


def amount(column, label, *, unit):
    """A column of money; ``unit`` is the path to the currency, such as ``program.currency``."""

    @display(description=label, ordering=column)
    def show(_page, row):
        value, where = getattr(row, column), row
        for step in unit.split("."):
            where = getattr(where, step)
        return NOTHING if value is None else format_html('<span class="money">{}</span>', reading.plain(value, where))

    return show


def person(column, label):
    """A column that links to the row a foreign key names; list it in ``list_select_related``."""

    @display(description=label)
    def show(_page, row):
        return link(getattr(row, column))

    return show


def public_id(kind):
    @display(description="Id")
    def show(_page, row):
        return format_html('<code class="id">{}</code>', ids.encode(ids.PREFIXES[kind], row.public_id))

    return show


def table(rows, *, look="", head=()):
    """Rows of cells as a small table inside a page; ``look`` is a class of the style sheet beside its own."""
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((c,) for c in r)),) for r in rows)
    )
    names = format_html("<thead><tr>{}</tr></thead>", format_html_join("", "<th>{}</th>", ((name,) for name in head)))
    return format_html(
        '<div class="scroll"><table class="small-table {}">{}<tbody>{}</tbody></table></div>',
        look,
        names if head else "",
        body,
    )


def why(name):
    """A link to the page that explains what became of an order or conversion."""
    return format_html('<a class="text-link" href="{}?{}">Why?</a>', reverse("admin:why"), urlencode({"q": name}))
