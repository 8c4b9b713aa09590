"""Every line of how an advocate's credit came about and what became of it, newest first."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from advocacy import reading
from advocacy.models import Side
from rewards import wallets
from rewards.models import AccountKind, Adjustment, Exchange, Leg, Redemption

PAGE = 50


@dataclass(frozen=True)
class Line:
    """A movement as its owner sees it: its change of what is on the way and of what is theirs, in words.

    ``balance``: what was theirs after it, where it changed.
    """

    day: str
    what: str
    cause: str
    pending: str
    available: str
    balance: str


def lines(*, advocate, before, at):
    """``(lines, next)``: a page of the statement, and where the next one begins (a public id, or None)."""
    rows = wallets.statement(storefront=advocate.storefront, customer=advocate.customer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=rows.filter(public_id=before).order_by().values("pk"))
    page = list(rows[: PAGE + 1])
    following = page[PAGE - 1].public_id if len(page) > PAGE else None
    told = wallets.lines(customer=advocate.customer, transfers=page[:PAGE])
    return [_line(line, advocate, at) for line in told], following


def table(*, advocate, at):
    """``(header, rows)`` of the whole statement, for a file."""
    header = [_("Day"), _("What"), _("What for"), _("On its way"), _("Yours"), _("Balance")]
    told = wallets.every_line(storefront=advocate.storefront, customer=advocate.customer)
    shown = (_line(line, advocate, at) for line in told)
    return header, ([row.day, row.what, row.cause, row.pending, row.available, row.balance] for row in shown)


def _line(line, advocate, at):
    row = line.transfer
    return Line(
        day=reading.day(row.at, zone=advocate.program.time_zone, at=at),
        what=_("Correction by the shop") if line.corrected else _what(row.leg),
        cause=_cause(line, advocate),
        pending=_signed(_pending(row), row.unit),
        available=_signed(line.change_minor, row.unit),
        balance=reading.amount(line.balance_minor, row.unit) if line.change_minor else "",
    )


def _what(leg):
    return {
        Leg.GRANT: _("Promised"),
        Leg.RELEASE: _("Credited"),
        Leg.TAKE_PENDING: _("Taken back before it was credited"),
        Leg.TAKE_AVAILABLE: _("Taken back"),
        Leg.TAKE_EXPIRED: _("Taken back after it had expired"),
        Leg.RESERVE: _("Set aside"),
        Leg.GIVE_BACK: _("Yours again"),
        Leg.SPEND: _("Spent"),
        Leg.UNSPEND: _("Given back"),
        Leg.USE: _("Used"),
        Leg.PAY: _("Paid out"),
        Leg.UNPAY: _("Payout came back"),
        Leg.EXPIRE: _("Expired"),
        Leg.UNEXPIRE: _("Yours again"),
    }[leg]


def _cause(line, advocate):
    """Why something was adjusted is for the staff; that the shop did it is not."""
    cause = line.cause
    if isinstance(cause, Redemption):
        order = cause.order_external_id
        return _("Order %(number)s") % {"number": order} if order else _("At the checkout")
    if isinstance(cause, Adjustment):
        return advocate.storefront.name
    if isinstance(cause, Exchange):
        return _("Points for credit")
    if cause is not None:
        return _("Payout")
    return _of_reward(line, _earned(line.transfer.reward, advocate))


def _of_reward(line, earned):
    reward = line.transfer.reward
    if line.transfer.leg == Leg.RELEASE and reward.waits_for_code and reward.available_minor > 0:
        return _("%(earned)s. No code: it pays off one that you used, whose reward was taken back.") % {
            "earned": earned
        }
    if line.corrected and line.change_minor < 0 and line.balance_minor < 0:
        return _("%(earned)s. What you get later pays it off.") % {"earned": earned}
    return earned


def _earned(reward, advocate):
    """What it is for. A rule's name is the staff's."""
    trigger, mine = reward.subject.trigger, reward.side == Side.FRIEND
    return {
        "conversion.recorded": _("Your order") if mine else _("A friend’s order"),
        "referral.created": _("Your sign-up") if mine else _("A friend’s sign-up"),
        "advocate.enrolled": _("Joining"),
        "milestone": _("Several friends’ orders"),
        "tier": _("What your friends brought together"),
        "testimonial.published": _("What you said about us"),
        "survey.answered": _("Your answer"),
    }.get(trigger, advocate.storefront.name)


def _pending(row):
    return row.amount_minor * ((row.target.kind == AccountKind.PENDING) - (row.source.kind == AccountKind.PENDING))


def _signed(minor, unit):
    if not minor:
        return ""
    return ("+" if minor > 0 else "") + reading.amount(minor, unit)
