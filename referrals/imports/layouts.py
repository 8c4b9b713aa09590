"""As what a file is recognised, and how its rows are read: one entry for each way to write it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from advocacy.refusals import Refused
from referrals.imports import dealing, own, shops
from referrals.imports.reading import CSV

_MOST_ROWS_OF_ONE = 1000


@dataclass(frozen=True)
class How:
    """``zone``: of times without an offset; ``dates``, ``decimal``: as in ``values``; ``mapping``: column → field."""

    currency: str
    zone: str
    dates: str = ""
    decimal: str = ""
    mapping: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """``read(record, how)`` answers the fields of a record as the API names them.

    ``first``: the columns, or members of an object, by which it is known. ``same``: the column that rows of one record
    share; a record is then the list of them. ``words``: of a record of orders, as ``dealing.words``; without it what
    ``read`` answers is looked at, which takes longer.
    """

    title: str
    kind: str
    form: str
    read: Callable
    first: tuple = ()
    same: str = ""
    words: Callable | None = None


LAYOUTS = {
    "shopify_orders": Layout(
        "Shopify’s order export",
        "orders",
        CSV,
        shops.shopify_order,
        first=("Name", "Financial Status", "Lineitem name", "Total"),
        same="Name",
        words=shops.words_of_shopify,
    ),
    "shopify_customers": Layout(
        "Shopify’s customer export",
        "customers",
        CSV,
        shops.shopify_customer,
        first=("Customer ID", "First Name", "Email", "Total Spent"),
    ),
    "woocommerce_orders": Layout(
        "WooCommerce’s order export",
        "orders",
        CSV,
        shops.woocommerce_order,
        first=("order_id", "order_total", "billing_email", "status"),
        words=shops.words_of_woocommerce,
    ),
    "shopify_documents": Layout(
        "Shopify’s orders as JSON",
        "orders",
        "ndjson",
        shops.shopify_document,
        first=("line_items", "financial_status", "total_price"),
    ),
    "woocommerce_documents": Layout(
        "WooCommerce’s orders as JSON",
        "orders",
        "ndjson",
        shops.woocommerce_document,
        first=("line_items", "billing", "date_created_gmt"),
    ),
}
OWN = {
    "customers": Layout("A table of customers", "customers", CSV, own.customer),
    "orders": Layout("A table of orders", "orders", CSV, own.order),
    "referrals": Layout("A table of referrals", "referrals", CSV, own.referral),
}
# Objects of our own name their fields as the API does; what they say needs no reading.
OBJECTS = {
    kind: Layout(f"{kind.capitalize()} as JSON", kind, "ndjson", lambda record, how: dict(record)) for kind in OWN
}
_ANALYTICS = ("Order #", "N. Revenue")


def of(name, kind):
    """The Layout that ``recognised`` called so."""
    return LAYOUTS.get(name) or {"own": OWN, "objects": OBJECTS}[name][kind]


def recognised(file, *, kind, mapping):
    """``(name, columns)``: as what a ``reading.File`` is read; ``columns``: ``[(its column, our field or "")]``.

    Refuses what is of another kind, and a table of whose columns none says what must be said.
    """
    there = set(file.header) if file.form == CSV else set(file.begins)
    for name, layout in LAYOUTS.items():
        if layout.form == file.form and there.issuperset(layout.first) and not mapping:
            if layout.kind != kind:
                raise Refused("another_kind", f"This is {layout.title}: import it as {layout.kind}.")
            return name, [(column, "") for column in file.header]
    if file.form != CSV:
        return "objects", []
    if there.issuperset(_ANALYTICS):
        said = (
            "This is the table of WooCommerce’s analytics: it has neither e-mail addresses nor totals. Send what the "
            "Order Export writes, or orders of its REST API, one JSON document a line."
        )
        raise Refused("not_a_table", said)
    return "own", _columns(file, kind, mapping)


def _columns(file, kind, mapping):
    known = own.fields_of(kind)
    odd = [f"{column} → {name}" for column, name in mapping.items() if name not in ("", *known)]
    gone = [column for column in mapping if column not in file.header]
    if odd or gone:
        wrong = f"there is no field of {', '.join(odd)}" if odd else f"the file has no column {', '.join(gone)}"
        raise Refused("invalid_mapping", f"The mapping is wrong: {wrong}. Fields: {', '.join(known)}.")
    columns = own.columns(kind, file.header, mapping)
    if missing := own.missing(kind, columns):
        seen = ", ".join(file.header)[:300]
        said = f"No column is {', none is '.join(missing)}. The file has: {seen}. Rename columns, or send a mapping."
        raise Refused("invalid_header", said)
    return columns


def records(rows, layout):
    """From rows as ``reading.rows`` yields them, ``(line, record, why)``: rows of one order are one record."""
    if not layout.same:
        yield from rows
        return
    line, group = 0, []
    for number, row, why in rows:
        if group and (why or row.get(layout.same) != group[0].get(layout.same) or len(group) == _MOST_ROWS_OF_ONE):
            yield line, group, ""
            group = []
        if why:
            yield number, None, why
        else:
            line, group = line if group else number, [*group, row]
    if group:
        yield line, group, ""


def words_of(layout, how, columns):
    """``dealing.words`` of a row of orders, as ``records`` yields it: a function."""
    say = layout.words
    if layout is OWN["orders"]:
        say = own.words_of_orders(columns)

    def words(row):
        _, record, why = row
        if why:
            return []
        if say:
            return say(record)
        try:
            return dealing.words_said(fields(layout, record, how, columns))
        except Exception:
            # It is refused when it is taken, which says why.
            return []

    return words


def fields(layout, record, how, columns):
    """What a record says, as the API names it; Refused where it cannot be read."""
    if layout.form == CSV and not layout.first:
        record = {field: record[column] for column, field in columns if field and column in record}
    return layout.read(record, how)
