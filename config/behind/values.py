"""The rows of what customers are worth and who comes back: buyers, and of each what counts."""

from datetime import timedelta
from functools import partial

from django.db.models import Case, Count, DecimalField, F, Q, Value, When, Window
from django.db.models.functions import Cast, TruncMonth

from advocacy import ids, persons
from advocacy.models import Advocate
from config.behind.asked import refused
from config.behind.kept import of_ages, of_months
from config.behind.rows import WINDOWED, Rows
from referrals import cohorts
from referrals.models import HORIZONS, Buyer

_COUNTS = Q(rejected=False, began_before=False)
_BROUGHT, _OTHERS = _COUNTS & Q(referred=True), _COUNTS & Q(referred=False)
_RATIO = DecimalField(max_digits=40, decimal_places=18)


def _sides(asked):
    """Of the cut that is asked for: who is its group, and who are the others it is compared with."""
    cut, key = asked.given("cut"), asked.key
    if cut is None:
        return _BROUGHT, _OTHERS
    if cut not in _CUTS or key is None:
        raise refused("cut", f"Name a cut and its key; cuts are: {', '.join(_CUTS)}.")
    return _CUTS[cut](asked, key)


def _of_program(asked, key):
    program = asked.storefront.programs.filter(public_id=ids.decode("prg", key)).first()
    if program is None:
        raise refused("key", f"There is no program {key[:60]!a} in this storefront.")
    return _BROUGHT & Q(program=program), _OTHERS


def _of_advocate(asked, key):
    mine = Advocate.objects.filter(storefront=asked.storefront, public_id=ids.decode("adv", key)).first()
    if mine is None:
        raise refused("key", f"There is no advocate {key[:60]!a} in this storefront.")
    return _BROUGHT & Q(advocate__in=persons.advocates_of(persons.survivor(mine))), _OTHERS


def _of_month(asked, key):
    within = _first_in(asked.month_of("key", key))
    return _BROUGHT & within, _OTHERS & within


def _first_in(month):
    return Q(first_day__gte=cohorts.day_of(month), first_day__lt=cohorts.day_of(month + 1))


_CUTS = {
    "program": _of_program,
    "advocate": _of_advocate,
    "channel": lambda asked, key: (_COUNTS & Q(channel=key), _COUNTS & ~Q(channel=key)),
    "segment": lambda asked, key: (_BROUGHT & Q(segment=key), _OTHERS & Q(segment=key)),
    "cohort": _of_month,
}


def _horizon(asked):
    return asked.whole("days", possible=HORIZONS)


def _old(asked, days):
    return Q(first_day__lt=asked.today - timedelta(days=days))


def _buyers(asked):
    return Buyer.objects.filter(storefront=asked.storefront)


def value(side, *, again=False):
    """``side`` 0: the group, 1: the others; with ``again`` only who ordered again within the horizon."""
    return partial(_value, side, again)


def _value(side, again, asked):
    days = _horizon(asked)
    rows = _buyers(asked).filter(_sides(asked)[side], _old(asked, days))
    if again:
        return Rows(rows.filter(**{f"orders_{days}__gt": 1}))
    return Rows(rows, amount=F(f"value_{days}"), unit=asked.storefront.currency, weight=margin(asked))


def margin(asked):
    """Of each unit of revenue what counts; None where all of it does."""
    kept = asked.storefront.margin
    return None if kept is None else Value(kept / 100, output_field=_RATIO)


def too_young(asked):
    group, others = _sides(asked)
    return Rows(_buyers(asked).filter(group | others).exclude(_old(asked, _horizon(asked))))


def matched(side):
    """Who has a counterpart; the others weigh so much that of each kind there are as many as of the group."""
    return partial(_matched, side)


def _matched(side, asked):
    if asked.given("cut") == "channel":
        raise refused("cut", "Of channels only the plain difference is known.")
    days, (group, others) = _horizon(asked), _sides(asked)
    alike = [TruncMonth("first_day"), F("band"), F("segment")]
    mine = Window(Count("pk", filter=group), partition_by=alike)
    theirs = Window(Count("pk", filter=others), partition_by=alike)
    counts = margin(asked) or Value(1, output_field=_RATIO)
    weight = counts if side == 0 else counts * Cast("row_group", _RATIO) / Cast("row_others", _RATIO)
    # What is no side's weighs nothing. Filters on windows come after all rows were seen.
    own = Case(
        When((group, others)[side] & Q(row_group__gt=0) & Q(row_others__gt=0), then=weight),
        default=Value(0),
        output_field=_RATIO,
    )
    rows = _buyers(asked).filter(group | others, _old(asked, days)).annotate(row_group=mine, row_others=theirs)
    rows = rows.annotate(row_weight=own).filter(row_weight__gt=0)
    return Rows(rows, amount=F(f"value_{days}"), unit=asked.storefront.currency, weight=WINDOWED)


def _part(asked):
    """Whose cohorts: everybody's, or of a cut as ``cohorts`` names it."""
    cut, key = asked.given("cut"), asked.key
    if cut is None:
        return _COUNTS
    sides = {"referred": _BROUGHT, "other": _OTHERS}
    if cut == "referral" and key in sides:
        return sides[key]
    if cut in ("channel", "program") and key is not None:
        return _CUTS[cut](asked, key)[0]
    raise refused("cut", "Cohorts are cut by referral (key referred or other), channel or program.")


def cohort(*, kept):
    return partial(_cohort, kept)


def _cohort(kept, asked):
    """A cohort's customers who were active ``age`` months after its ``month``, and what was kept of it."""
    month, age = asked.month_of("month"), asked.whole("age")
    rows = _buyers(asked).filter(_part(asked), _first_in(month), months__contains=[age])
    return Rows(rows, amount=of_ages(age, age), unit=asked.storefront.currency) if kept else Rows(rows)


def curve(asked):
    """Who reached the end of the month ``age``, and what they had brought by then."""
    age = asked.whole("age")
    begun = cohorts.day_of(cohorts.month_of(asked.today) - age)
    rows = _buyers(asked).filter(_part(asked), first_day__lt=begun)
    return Rows(rows, amount=of_ages(0, age), unit=asked.storefront.currency, weight=margin(asked))


def repeating(*, again):
    return partial(_repeating, again)


def _repeating(again, asked):
    first, last = asked.own_days()
    rows = cohorts.behind_repeat_rate(storefront=asked.storefront, since=first, until=last, again=again)
    return Rows(rows)


def earned(name):
    """The ends of the earned growth rate."""
    return partial(_earned, name)


def _earned(name, asked):
    now = cohorts.month_of(asked.today)
    border = cohorts.day_of(now - 12)
    rows = _buyers(asked).filter(_COUNTS)
    if name == "last_year":
        months = range(now - 24, now - 12)
    else:
        months = range(now - 12, now)
        rows = (
            rows.filter(first_day__lt=border) if name == "returning" else rows.filter(_BROUGHT, first_day__gte=border)
        )
    return Rows(
        rows.annotate(row_kept=of_months(months)).exclude(row_kept=0),
        amount=F("row_kept"),
        unit=asked.storefront.currency,
    )
