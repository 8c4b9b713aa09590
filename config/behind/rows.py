"""Rows that make up a figure, whatever table they are of: a page of them, all of them, and what they add up to."""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, Value

from advocacy import ids
from advocacy.models import Advocate, Answer, Customer, Mention
from referrals.models import Buyer, ChannelCost, Conversion, Invitation, Link, Order, Referral, Share
from rewards.models import Reward

_AT_ONCE = 2000
# The weight is there already, as a column of windows over all rows.
WINDOWED = "row_weight"
EXACT = DecimalField(max_digits=40, decimal_places=18)


@dataclass(frozen=True)
class Kind:
    """A table that rows are of: what its rows are called, where their id, moment, person and own words stand."""

    name: str
    at: str
    who: str = ""
    words: str = ""
    key: str = "public_id"
    # The storefront's own id, where there is no key.
    own: str = ""
    # Whose page in the admin a row is; of a buyer the customer's.
    model: type | None = None

    def right(self, model):
        meta = (self.model or model)._meta
        return f"{meta.app_label}.view_{meta.model_name}"

    def address(self, model):
        """The name of the admin's page of one row; empty where there is none."""
        meta = (self.model or model)._meta
        return f"admin:{meta.app_label}_{meta.model_name}_change" if self.name in _HAVE_PAGES else ""


KINDS = {
    Answer: Kind("answer", "answered_at", "customer", "answer_id"),
    Advocate: Kind("advocate", "enrolled_at", "customer", "code"),
    Buyer: Kind("customer", "first_at", "customer", "customer__external_id", "customer__public_id", model=Customer),
    ChannelCost: Kind("channel_cost", "month", words="channel", key=""),
    Conversion: Kind("conversion", "converted_at", "referral__friend", "order__external_id"),
    Customer: Kind("customer", "created_at", "pk", "external_id"),
    Invitation: Kind("invitation", "invited_at", "advocate__customer", "link__code"),
    Link: Kind("link", "created_at", "advocate__customer", "code"),
    Mention: Kind("mention", "said_at", words="brand", key="", own="mention_id"),
    Order: Kind("order", "placed_at", "customer", "external_id"),
    Referral: Kind("referral", "bound_at", "friend", "advocate__code"),
    Reward: Kind("reward", "created_at", "recipient", "rule__name"),
    Share: Kind("share", "at", "link__advocate__customer", "channel"),
}
_HAVE_PAGES = ("advocate", "conversion", "customer", "link", "order", "referral", "reward")


@dataclass(frozen=True)
class Rows:
    """``amount`` of each is a column or expression; ``unit`` is its currency or points, as an expression; "" counts.

    ``at``: of each its moment, where that is not its kind's. ``weight``: what its amount is multiplied by. ``numbers``:
    its amount by key, where no column has it.
    """

    rows: QuerySet
    amount: object = 1
    unit: object = ""
    at: object = None
    weight: object = None
    numbers: dict | None = None

    @property
    def kind(self):
        return KINDS[self.rows.model]


@dataclass(frozen=True)
class Row:
    """One of them. ``customer``: a key; ``amount``: in minor units of ``unit``, or how much of a count it is."""

    key: int
    id: str
    words: str
    at: object
    customer: int | None
    customer_id: str
    amount: int
    unit: str
    weight: Decimal | None


def sums(found):
    """``(how many rows, {unit: sum of amount × weight})``, in one question; of costs in one for each currency."""
    if found.numbers is not None:
        return found.rows.count(), {"": sum(found.numbers.values())}
    rows = _with_columns(found).order_by()
    if found.weight is not None:
        return _weighed(rows, found.unit)
    parts = rows.values_list("row_unit").annotate(number=Count("pk"), sum=Sum("row_amount"))
    whole = list(parts.order_by("row_unit"))
    return sum(number for _, number, _ in whole), {unit: int(amount or 0) for unit, _, amount in whole}


def _weighed(rows, unit):
    """Weights may come from windows, over which no sum is grouped: each unit is asked for by itself."""
    weighed = Sum(F("row_amount") * F("row_weight"), output_field=EXACT)
    parts = [(unit, rows)]
    if hasattr(unit, "resolve_expression"):
        parts = [(own, rows.filter(row_unit=own)) for own in rows.values_list("row_unit", flat=True).distinct()]
    told = {own: part.aggregate(number=Count("pk"), sum=weighed) for own, part in parts}
    number = sum(each["number"] for each in told.values())
    return number, {own: each["sum"] or Decimal(0) for own, each in told.items()}


def page(found, *, limit, after=None):
    """``([Row], whether there are more)``, the last recorded first, below the row with the key ``after``."""
    if found.weight == WINDOWED:
        return _windowed_page(found, limit, after)
    rows = _with_columns(found).order_by("-pk")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    read = list(rows.values(*_columns(found))[: limit + 1])
    return [_row(found, each) for each in read[:limit]], len(read) > limit


def _windowed_page(found, limit, after):
    """Weights of windows are of all rows: in one condition with such a weight, which is never below 0, the page is
    taken after them. What else is shown is read of the page alone.
    """
    rows = found.rows.order_by("-pk")
    if after is not None:
        rows = rows.filter(Q(pk__lt=after) | Q(row_weight__lt=0))
    weights = dict(rows.values_list("pk", "row_weight")[: limit + 1])
    some = replace(found, rows=found.rows.model.objects.filter(pk__in=list(weights)[:limit]), weight=None)
    plain, _ = page(some, limit=limit)
    return [replace(row, weight=weights[row.key]) for row in plain], len(weights) > limit


def every(found):
    """Yields all of them, some thousand at a time, so that no statement runs as long as somebody's line is slow."""
    more, after = True, None
    while more:
        some, more = page(found, limit=_AT_ONCE, after=after)
        yield from some
        after = some[-1].key if some else None


def place(found, text):
    """The key of the row that a cursor names; None for what is no cursor of these rows' table."""
    if not found.kind.key:
        return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(2**63)) else None
    public_id = ids.decode("cur", text)
    named = found.rows.model.objects.filter(**{found.kind.key: public_id}) if public_id else None
    return named.values_list("pk", flat=True).first() if named is not None else None


def cursor(found, row):
    return ids.encode("cur", ids.decode(ids.PREFIXES[found.kind.name], row.id)) if found.kind.key else str(row.key)


def _with_columns(found):
    amount = found.amount if hasattr(found.amount, "resolve_expression") else Value(found.amount)
    unit = found.unit if hasattr(found.unit, "resolve_expression") else Value(found.unit)
    rows = found.rows.annotate(row_amount=amount, row_unit=unit, row_at=F(found.at or found.kind.at))
    if found.weight in (None, WINDOWED):
        return rows
    return rows.annotate(row_weight=ExpressionWrapper(found.weight, output_field=EXACT))


def _columns(found):
    kind = found.kind
    who = {kind.who, f"{kind.who}__public_id"} if kind.who not in ("", "pk") else set()
    weight = {"row_weight"} if found.weight is not None else set()
    return sorted({"pk", "row_amount", "row_unit", "row_at", kind.words, *who, *weight} | ({kind.key, kind.own} - {""}))


def _row(found, read):
    kind = found.kind
    public_id = read[kind.key] if kind.key else None
    own = read[kind.own] if kind.own else f"{read['row_at']:%Y-%m}"
    person = read["public_id"] if kind.who == "pk" else read[f"{kind.who}__public_id"] if kind.who else None
    return Row(
        key=read["pk"],
        id=ids.encode(ids.PREFIXES[kind.name], public_id) if public_id else own,
        words=read[kind.words] or "",
        at=read["row_at"],
        customer=read[kind.who] if kind.who else None,
        customer_id=ids.encode("cus", person) if person else "",
        amount=found.numbers[read["pk"]] if found.numbers is not None else read["row_amount"],
        unit=read["row_unit"],
        weight=read.get("row_weight"),
    )
