"""What was kept of a conversion's order after refunds, and of a buyer's months, as columns of their rows."""

from django.db.models import BigIntegerField, Case, DecimalField, F, Func, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

_WIDE = DecimalField(max_digits=40, decimal_places=0)


def _wide(expression):
    return Cast(expression, _WIDE)


def _kept():
    """``lifetime_value.REVENUE_KEPT`` of a conversion's order: rounded half up in whole numbers."""
    total, revenue = F("order__total_minor"), F("order__revenue_minor")
    stays = 2 * _wide(revenue) * (_wide(total) - _wide(F("order__refunded_minor"))) + _wide(total)
    share = Func(stays, 2 * _wide(total), function="div", output_field=_WIDE)
    return Case(When(order__total_minor=0, then=revenue), default=Cast(share, BigIntegerField()))


KEPT = _kept()
# A buyer's first month as months since the year 0, as ``cohorts.month_of`` counts them.
_FIRST = "(extract(year FROM first_day) * 12 + extract(month FROM first_day) - 1)"


def of_ages(least, most):
    """What a buyer's orders brought in the months from ``least`` to ``most`` since the first order's."""
    return _of_months("bought.age BETWEEN %s AND %s", [least, most])


def of_months(months):
    """The same in these months, as ``cohorts.month_of`` counts them."""
    return _of_months(f"{_FIRST} + bought.age = ANY(%s)", [list(months)])


def _of_months(condition, parameters):
    statement = f"""
        (SELECT coalesce(sum(bought.kept), 0)::bigint
        FROM unnest(referrals_buyer.months, referrals_buyer.months_minor) AS bought (age, kept) WHERE {condition})
        """  # noqa: S608 - the condition is one of the two above
    return RawSQL(statement, parameters, output_field=BigIntegerField())  # noqa: S611 - the same


NOTHING = Value(0)
