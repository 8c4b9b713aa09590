"""The rows behind a number: which referrals, orders, advocates or links it counts."""

# ruff: noqa: S608, S611 - statements are made of the questions' constants

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from advocacy.models import Advocate, Event, Program
from referrals.metrics.catalogue import CUTS, DISTINCT, TIMES, WHOLE, uncut
from referrals.metrics.groups import inner_key
from referrals.metrics.periods import asked, clicks_are_gone, refused, rolling
from referrals.metrics.program import metric_of
from referrals.metrics.uncounted import any_gone
from referrals.models import Conversion, Link, Order, OrderStatus, Referral, Review, ShareKind
from referrals.rollups import counting, questions
from referrals.rollups.cells import CELL
from referrals.rollups.cells import asked as asked_of

SIDES = ("numerator", "denominator")


@dataclass(frozen=True)
class Behind:
    """``rows`` of one model. ``numbers``: how much of ``count`` each link is, by its key; None: each row is one."""

    model: type[Model]
    rows: QuerySet
    numbers: dict | None = None

    @property
    def count(self):
        return self.rows.count() if self.numbers is None else sum(self.numbers.values())


@dataclass(frozen=True)
class _Cell:
    program: Program
    start: object
    end: object
    cut: str | None
    key: str
    window: tuple
    zone: str | None

    def within(self, column):
        return {f"{column}__gte": self.start, f"{column}__lt": self.end}

    def named(self, prefix=""):
        """The cut as a filter on rows of links, or of referrals, which have the same columns."""
        if self.cut == "channel":
            return Q(**{f"{prefix}channel": self.key})
        if self.cut in ("link", "advocate"):
            column = "link" if self.cut == "link" else "advocate"
            return Q(**{f"{prefix}{column}": self.key or None})
        return Q()


def behind(name, *, program, at, side="numerator", key=None, group_by=None, **options):
    """What the numerator or denominator of a metric's cell counts, as ``Behind``, whose ``count`` is that number.

    ``key`` names a group of ``group_by`` as ``one`` does: a channel, a segment, the id of a link or an advocate, or the
    first day of a day, week or month. Refused for a side, group or key that is not possible, and where clicks are gone.
    """
    metric = metric_of(name)
    if side not in SIDES:
        raise refused("side", f"{str(side)[:60]!a} is not possible; write one of: {', '.join(SIDES)}.")
    question = asked(program=program, at=at, group_by=group_by, **options)
    if reason := uncut(metric, group_by):
        raise refused("group_by", reason)
    ends = (metric.numerator, metric.denominator) if question.view == "calendar" else metric.cohort
    if ends is None:
        raise refused("view", "This metric has no cohort view; leave view out.")
    days = rolling(_days(question, key)) if metric.rolling else _days(question, key)
    return _of(ends[SIDES.index(side)], _cell(question, days, key), at)


def behind_count(name, *, program, at, key=None, group_by=None, **options):
    """The same of one of ``COUNTS`` or ``COHORTS``."""
    question = asked(program=program, at=at, group_by=group_by, **options)
    if group_by not in (None, *TIMES) and (name in _WHOLE or (group_by == "segment" and name in _OF_LINKS)):
        raise refused("group_by", f"There are no {name} by {group_by}; leave group_by out.")
    return _of(name, _cell(question, _days(question, key), key), at)


def _days(question, key):
    """The period, or the group of it that begins on the day ``key``."""
    if (question.group_by is None) != (key is None):
        raise refused("key", "Send group_by and key together: key names the group.")
    if question.group_by not in TIMES:
        return question.days
    found = {str(days[0]): days for days in question.parts}
    if key not in found:
        raise refused("key", f"{key[:60]!a} begins no {question.group_by} of this period; such as {next(iter(found))}.")
    return found[key]


def _cell(question, days, key):
    window, zone = question.window(days), question.zone if question.live else None
    ((start, end),) = counting.borders([window], zone=zone).values()
    cut = question.group_by if question.group_by in CUTS else None
    key = inner_key(question.program, cut, key) if cut else ""
    return _Cell(question.program, start, end, cut, key, window, zone)


def _of(name, cell, at):
    if name in _OF_CLICKS:
        return _clicked_links(_OF_CLICKS[name], cell, at)
    rows = _ROWS[name](cell, at)
    return Behind(rows.model, rows)


def _referrals(cell):
    rows = Referral.objects.filter(cell.named(), program=cell.program)
    if cell.cut == "segment":
        told = Event.objects.filter(subject_kind="referral", subject_id=OuterRef("public_id"), version=1)
        rows = rows.filter(Exists(told.filter(facts__advocate_segments__contains=[cell.key])))
    return rows


def _paid(cell):
    """Conversions of the cell by when they were paid, whatever became of them."""
    rows = Conversion.objects.filter(cell.named("referral__"), program=cell.program, ended=False)
    if cell.cut == "segment":
        rows = rows.filter(frozen__advocate_segments__contains=[cell.key])
    return rows.filter(**cell.within("converted_at"))


def _standing(cell):
    return Conversion.objects.filter(program=cell.program, stands=True)


def _converted(cell):
    """Referrals whose first standing conversion is in the cell, with its moment as ``first_at``."""
    first = Conversion.objects.filter(referral=OuterRef("pk"), stands=True).order_by("converted_at", "pk")
    some = _standing(cell).filter(**cell.within("converted_at")).values("referral")
    rows = _referrals(cell).filter(pk__in=some).annotate(first_at=Subquery(first.values("converted_at")[:1]))
    return rows.filter(**cell.within("first_at"))


def _ever_converted(rows):
    return rows.filter(Exists(Conversion.objects.filter(referral=OuterRef("pk"), stands=True)))


def _bound(cell):
    return _referrals(cell).filter(ended_at=None, **cell.within("bound_at"))


def _clicked(cell):
    return _referrals(cell).filter(ended_at=None, **cell.within("clicked_at"))


def _of_enrolled(cell):
    return _ever_converted(_referrals(cell).filter(ended_at=None, **cell.within("advocate__enrolled_at")))


def _orders(cell):
    placed = cell.within("placed_at")
    return Order.objects.filter(storefront=cell.program.storefront, status=OrderStatus.PAID, **placed)


def _referred(cell):
    brought = Conversion.objects.filter(
        cell.named("referral__"), order=OuterRef("pk"), program=cell.program, ended=False
    )
    if cell.cut == "segment":
        brought = brought.filter(frozen__advocate_segments__contains=[cell.key])
    return _orders(cell).filter(Exists(brought.filter(ended=False).exclude(advocate_review=Review.REJECTED)))


_FIRST = f"""
    SELECT placed.id FROM referrals_order placed
    WHERE placed.storefront_id = %s AND placed.status = 'paid' AND placed.placed_at >= %s AND placed.placed_at < %s
        AND {questions.NEW}
    """


def _first(rows, cell):
    """Those that are the first paid order of their customer, who may be known by several records."""
    return rows.filter(pk__in=RawSQL(_FIRST, [cell.program.storefront_id, cell.start, cell.end]))


def _advocates(cell):
    return Advocate.objects.filter(program=cell.program)


def _shared(cell, *kinds):
    """Advocates who were shown a place to share from, or shared."""
    return _advocates(cell).filter(pk__in=_numbers(cell, questions.SHARED, _ACTED.format(kinds=", ".join(kinds))))


def _active(cell, at):
    return _advocates(cell).filter(pk__in=_links(cell, _ACTED.format(kinds="share, click"), at))


# Of a link there is one, whoever had it.
_ACTED = """
    SELECT advocate_id, 1 FROM acted
    WHERE cut = %(cut)s AND key = %(key)s AND kind = ANY(string_to_array('{kinds}', ', '))
    GROUP BY advocate_id ORDER BY advocate_id LIMIT CASE WHEN %(cut)s = 'link' THEN 1 END
    """


# A visitor of several links came by the first of them.
_CAME = """
    SELECT link_id, count(*) FROM (
        SELECT DISTINCT ON (somebody, utc_day) link_id, first_at >= start AS fresh
        FROM named WHERE cut = %(cut)s AND key = %(key)s
        ORDER BY somebody, utc_day, first_at, link_id
    ) came
    WHERE fresh GROUP BY link_id
    """
# Each visit is one of a link, a visitor and an hour; whose first click was the day before is no visit of this one.
_VISITS = """
    SELECT link_id, count(*) FROM named WHERE first_at >= start AND cut = %(cut)s AND key = %(key)s GROUP BY link_id
    """
_OF_CLICKS = {"visitors": _CAME, "clicks": _VISITS}


def _clicked_links(select, cell, at):
    numbers = _links(cell, select, at)
    rows = Link.objects.filter(program=cell.program, pk__in=numbers)
    return Behind(Link, rows, numbers)


def _links(cell, select, at):
    """``{key: number}`` of what is selected of the cell's visits."""
    oldest = at - timedelta(days=settings.CLICK_RETENTION_DAYS)
    if cell.start - timedelta(days=1) <= oldest:
        raise refused("from", f"Clicks are kept for {settings.CLICK_RETENTION_DAYS} days; choose a later first day.")
    if any_gone(program=cell.program, since=cell.window[1], until=cell.window[2], at=at):
        raise refused("from", f"{clicks_are_gone()} Choose a later first day.")
    return _numbers(cell, questions.OF_CLICKS.before, select)


def _numbers(cell, before, select):
    named = asked_of([cell.window], zone=cell.zone) | {"cut": cell.cut or "", "key": cell.key}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {CELL}, {before} came AS ({select}) SELECT * FROM came", named)
        return dict(cursor.fetchall())


# Of the whole storefront or program; and what has no frozen fact that would tell a segment.
_WHOLE = (*WHOLE, "advocates", "advocates_enrolled", "converted_of_enrolled")
_OF_LINKS = ("clicks", "visitors", *DISTINCT)
# By the names of ``catalogue.COUNTS`` and ``COHORTS``.
_ROWS = {
    "shown": lambda cell, at: _shared(cell, ShareKind.VIEW),
    "sharers": lambda cell, at: _shared(cell, ShareKind.SHARE),
    "active": _active,
    "advocates": lambda cell, at: _advocates(cell).filter(enrolled_at__lt=cell.end),
    "advocates_enrolled": lambda cell, at: _advocates(cell).filter(**cell.within("enrolled_at")),
    "referrals": lambda cell, at: _bound(cell),
    "converted_referrals": lambda cell, at: _converted(cell),
    "times": lambda cell, at: _converted(cell).filter(clicked_at__lte=F("first_at")),
    "bound_of_clicked": lambda cell, at: _clicked(cell),
    "converted_of_clicked": lambda cell, at: _ever_converted(_clicked(cell)),
    "converted_of_bound": lambda cell, at: _ever_converted(_bound(cell)),
    "converted_of_enrolled": lambda cell, at: _of_enrolled(cell),
    "conversions": lambda cell, at: _paid(cell).filter(stands=True),
    "refunded_conversions": lambda cell, at: _paid(cell).filter(stands=False).exclude(advocate_review=Review.REJECTED),
    "rejected_conversions": lambda cell, at: _paid(cell).filter(stands=False, advocate_review=Review.REJECTED),
    "orders": lambda cell, at: _orders(cell),
    "referred_orders": lambda cell, at: _referred(cell),
    "new_customers": lambda cell, at: _first(_orders(cell), cell),
    "referred_new_customers": lambda cell, at: _first(_referred(cell), cell),
}
