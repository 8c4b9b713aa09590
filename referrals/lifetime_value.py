"""What customers were worth over the first days after their first order: those a friend brought, and the others.

Value is revenue kept (after discounts and refunds, before tax and shipping) of paid orders in the storefront's own
currency. Only customers old enough for a horizon are in its mean; younger ones would bias it and are counted apart.
"""

from fractions import Fraction

from django.db import connection, transaction
from django.db.models import F, Min

from advocacy import money
from advocacy.measures import intervals
from advocacy.models import Storefront
from referrals.models import LifetimeValue

HORIZONS = (30, 90, 180, 365, 730)
DEFINITION = (
    "Mean revenue of a customer in the days after their first order, less refunds, of customers at least that old; "
    "orders in the storefront's own currency, paid and not cancelled."
)

# An order's revenue less its refunds at the order's own rate, revenue × (total − refunded) ÷ total, rounded half up
# in whole numbers: a division in decimals could round twice.
REVENUE_KEPT = """
    CASE placed.total_minor WHEN 0 THEN placed.revenue_minor ELSE div(
        2 * placed.revenue_minor::numeric * (placed.total_minor - placed.refunded_minor) + placed.total_minor,
        2 * placed.total_minor::numeric
    ) END
    """

# The window takes its last moment in, like every window here.
_QUESTION = f"""
    WITH bought AS (
        SELECT customer_id, placed_at, {REVENUE_KEPT} AS kept,
            min(placed_at) OVER (PARTITION BY customer_id) AS first_at
        FROM referrals_order placed
        WHERE storefront_id = %(storefront)s AND currency = %(currency)s AND status = 'paid'
    ), worth AS (
        SELECT horizon.days, customer_id, first_at + horizon.days * interval '24 hours' <= %(at)s AS old_enough,
            coalesce(sum(kept) FILTER (
                WHERE placed_at <= first_at + horizon.days * interval '24 hours'
            ), 0) AS value
        FROM bought CROSS JOIN unnest(%(horizons)s::integer[]) AS horizon (days)
        GROUP BY horizon.days, customer_id, first_at
    ), brought AS (
        SELECT DISTINCT friend_id FROM referrals_referral WHERE storefront_id = %(storefront)s AND ended_at IS NULL
    )
    SELECT days, friend_id IS NOT NULL AS referred,
        count(*) FILTER (WHERE old_enough), count(*) FILTER (WHERE NOT old_enough),
        coalesce(sum(value) FILTER (WHERE old_enough), 0), coalesce(sum(value * value) FILTER (WHERE old_enough), 0)
    FROM worth LEFT JOIN brought ON friend_id = customer_id
    GROUP BY days, referred
    """  # noqa: S608 - made of the constant above


def counted(*, storefront, at):
    """The storefront's values as of now, by horizon and group, as rows that are not saved."""
    numbers = {
        "storefront": storefront.pk,
        "currency": storefront.currency,
        "at": at,
        "horizons": list(HORIZONS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUESTION, numbers)
        found = {(days, referred): counts for days, referred, *counts in cursor}
    return [
        _row(storefront, days, referred, found.get((days, referred), (0, 0, 0, 0)), at)
        for days in HORIZONS
        for referred in (True, False)
    ]


def _row(storefront, days, referred, counts, at):
    customers, too_young, total, squares = counts
    return LifetimeValue(
        storefront=storefront,
        currency=storefront.currency,
        horizon_days=days,
        referred=referred,
        customers=customers,
        too_young=too_young,
        sum_minor=total,
        sum_of_squares=squares,
        counted_at=at,
    )


@transaction.atomic
def recount(*, storefront, at):
    """Replace the storefront's roll-up; readers see the old one or the new one, never a mixture."""
    rows = counted(storefront=storefront, at=at)
    LifetimeValue.objects.filter(storefront=storefront).delete()
    LifetimeValue.objects.bulk_create(rows)


def longest_waiting():
    """All storefronts, those first whose roll-up is oldest or was never made."""
    oldest = Min("lifetime_values__counted_at")
    return Storefront.objects.annotate(values_of=oldest).order_by(F("values_of").asc(nulls_first=True), "pk")


def compare(*, storefront):
    """Per horizon both groups' means and their difference, from the roll-up; an empty list where none was made yet.

    Money is in minor units of the storefront's currency. Where a group has fewer than two customers that are old
    enough, the difference is None and ``reason`` says why.
    """
    return compare_all(storefronts=[storefront])[storefront.pk]


def compare_all(*, storefronts):
    """``compare`` of several storefronts at once, by their id."""
    rows = LifetimeValue.objects.filter(storefront__in=storefronts)
    by_group = {(row.storefront_id, row.horizon_days, row.referred): row for row in rows}
    return {
        storefront.pk: [
            _compared(by_group[storefront.pk, days, True], by_group[storefront.pk, days, False])
            for days in HORIZONS
            if (storefront.pk, days, True) in by_group
        ]
        for storefront in storefronts
    }


def _compared(referred, others):
    first, second = _sample(referred), _sample(others)
    interval = intervals.welch(first, second)
    comparable = interval is not None
    return {
        "horizon_days": referred.horizon_days,
        "currency": referred.currency,
        "counted_at": referred.counted_at,
        "referred": _group(referred, first),
        "others": _group(others, second),
        "difference_minor": _whole(first.mean - second.mean) if comparable else None,
        "interval_minor": [_whole(end) for end in interval] if comparable else None,
        "ratio": round(float(first.mean / second.mean), 5) if comparable and second.mean else None,
        "reason": None if comparable else _too_few(referred, others),
    }


def _sample(row):
    return intervals.Sample(size=row.customers, total=int(row.sum_minor), squares=int(row.sum_of_squares))


def _group(row, sample):
    return {
        "customers": row.customers,
        "too_young": row.too_young,
        "mean_minor": _whole(sample.mean) if sample.size else None,
    }


def _whole(amount):
    return money.round_half_up(Fraction(amount))


def _too_few(referred, others):
    return (
        f"{referred.customers} referred and {others.customers} other customers are {referred.horizon_days} days old "
        "or older; it takes 2 of each to compare."
    )
