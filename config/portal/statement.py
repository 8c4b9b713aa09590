"""Every line of how an advocate's credit came about, newest first."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from advocacy import reading
from rewards import wallets
from rewards.models import AccountKind, Leg

PAGE = 50


@dataclass(frozen=True)
class Line:
    """A movement as its owner sees it: its change of what is on the way and of what is theirs, in words."""

    day: str
    what: str
    rule: str
    pending: str
    available: str


def lines(*, advocate, before, at):
    """``(lines, next)``: a page of the statement, and where the next one begins (a public id, or None)."""
    rows = wallets.statement(storefront=advocate.storefront, customer=advocate.customer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=rows.filter(public_id=before).order_by().values("pk"))
    page = list(rows[: PAGE + 1])
    following = page[PAGE - 1].public_id if len(page) > PAGE else None
    return [_line(row, advocate.program.time_zone, at) for row in page[:PAGE]], following


def _line(row, zone, at):
    return Line(
        day=reading.day(row.at, zone=zone, at=at),
        what=_what(row.leg),
        rule=row.reward.rule.name,
        pending=_change(row, AccountKind.PENDING),
        available=_change(row, AccountKind.AVAILABLE),
    )


def _what(leg):
    return {
        Leg.GRANT: _("Promised"),
        Leg.RELEASE: _("Credited"),
        Leg.TAKE_PENDING: _("Taken back before it was credited"),
        Leg.TAKE_AVAILABLE: _("Taken back"),
    }[leg]


def _change(row, kind):
    minor = row.amount_minor * ((row.target.kind == kind) - (row.source.kind == kind))
    if not minor:
        return ""
    return ("+" if minor > 0 else "") + reading.amount(minor, row.unit)
