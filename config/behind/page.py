"""``/admin/metrics/rows/?figure=&program=&…``: the rows behind a figure, by page; with ``&csv=1`` as a file."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from advocacy import money, reading, tables
from advocacy.models import Customer, Program
from advocacy.refusals import NotFound, Refused
from config.behind import rows
from config.behind.asked import Asked
from config.behind.figures import beside, check, named
from config.measured import words

MAY_SEE = "advocacy.view_program"
_LENGTH = 50
_HEAD = ("what", "id", "when", "who", "amount", "unit", "weight", "why counted")
_OWN = ("figure", "program", "csv", "after")


def address(program, name, **given):
    """Where the rows of a program's, or its storefront's, figure are shown."""
    asked = {"figure": name, "program": program.pk} | {key: value for key, value in given.items() if value is not None}
    return f"{_place()}?{urlencode(asked)}"


@cache
def _place():
    """Of the page itself: a page of numbers leads to it hundreds of times."""
    return reverse("admin:metrics_rows")


def leading(*, user, program, since, until):
    """``rows(name, **given)``: the address of a figure's rows, of this period or of the one given.

    It is empty where ``user`` may not see such rows.
    """

    def rows_of(name, **given):
        if not may_see(user, name):
            return ""
        period = {"from": since, "to": until} if named(name).dated else {}
        return address(program, name, **period | given)

    return rows_of


def may_see(user, name):
    """Whether somebody may see the rows of a figure: metrics, and what its rows are."""
    model = named(name).model
    return user.has_perms([MAY_SEE, rows.KINDS[model].right(model)])


def page(request):
    given = {name: text.replace("\0", "") for name, text in request.GET.items()}
    name = given.get("figure", "")
    try:
        figure = named(name)
    except NotFound as error:
        raise Http404 from error
    if not may_see(request.user, name):
        raise PermissionDenied
    program = _program(given.get("program", ""))
    context = {"title": f"Rows behind: {figure.title}", "figure": figure, "program": program, "asked": given}
    try:
        found = figure.find(_asked(name, figure, program, given))
    except Refused as refusal:
        return _shown(request, context | {"refused": str(refusal)})
    if "csv" in given:
        return _file(found, figure, program, name)
    return _shown(request, context | _told(request, found, given))


def _program(text):
    found = Program.objects.select_related("storefront")
    program = (
        found.filter(pk=text).first() if text.isascii() and text.isdigit() and len(text) <= len("9" * 18) else None
    )
    if program is None:
        raise Http404
    return program


def _asked(name, figure, program, given):
    more = {key: text for key, text in given.items() if key not in _OWN}
    check(name, figure, more)
    return Asked(
        storefront=program.storefront,
        at=timezone.now(),
        program=program if figure.of_program else None,
        since=_day("from", more.pop("from", "")),
        until=_day("to", more.pop("to", "")),
        parameters=more,
    )


def _day(name, text):
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refused("bad_period", f"{name} must be a day such as 2026-11-22.") from error


def _shown(request, context):
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/measured/rows.html", admin.site.each_context(request) | context)


def _told(request, found, given):
    after = given.pop("after", "")
    place = rows.place(found, after) if after else None
    some, more = rows.page(found, limit=_LENGTH, after=place)
    number, sums = rows.sums(found)
    names = request.user.has_perm("advocacy.view_customer")
    people = Customer.objects.in_bulk({row.customer for row in some if row.customer}) if names else {}
    link = found.kind.address(found.rows.model)
    others = [other for other in beside(given["figure"]) if may_see(request.user, other)]
    return {
        "beside": [(named(other).title, f"?{urlencode(given | {'figure': other})}") for other in others],
        "lines": [_line(row, people, link) for row in some],
        "kind": found.kind.name.replace("_", " "),
        "number": number,
        "sums": [_amount(amount, unit) for unit, amount in sums.items() if unit or amount != number],
        "weighed": found.weight is not None,
        "next": f"?{urlencode(given | {'after': rows.cursor(found, some[-1])})}" if more else "",
        "first": f"?{urlencode(given)}" if after else "",
        "csv": f"?{urlencode(given | {'csv': 1})}",
    }


def _line(row, people, link):
    person = people.get(row.customer)
    return {
        "what": row.words or row.id,
        "link": reverse(link, args=[row.key]) if link else "",
        "at": row.at,
        "who": person or row.customer_id or words.NONE,
        "who_link": reverse("admin:advocacy_customer_change", args=[person.pk]) if person else "",
        "amount": _amount(row.amount, row.unit),
        "weight": "" if row.weight is None else f"{row.weight:.4f}",
    }


def _amount(amount, unit):
    if not unit:
        # Of hundredths the sum has decimals, and no more zeros than it needs.
        return f"{Decimal(amount).normalize():,f}"
    return reading.plain(money.round_half_up(Fraction(amount)), unit)


def _file(found, figure, program, name):
    lines = tables.write(_HEAD, (_cells(row, figure) for row in rows.every(found)), bom=True)
    answer = StreamingHttpResponse((line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{program.slug}-{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _cells(row, figure):
    amount = Decimal(row.amount).scaleb(-money.decimals(row.unit)) if row.unit else row.amount
    weight = None if row.weight is None else row.weight.normalize()
    return row.words, row.id, row.at, row.customer_id, amount, row.unit, weight, figure.why
