"""What customers had brought by each month since their first order."""

from fractions import Fraction

from advocacy import money
from referrals import cohorts

CURVE = (
    "Mean revenue of a customer up to the end of each month since the one of their first order, less refunds; of those "
    "whose month is over: so a later point may be of fewer customers than an earlier one."
)


def curve(*, storefront, at, cut="all"):
    """``[{"key", "name", "points": [{"month", "customers", "mean_minor"}]}]``: of referred and other customers, or of
    each channel or program. Month 0 is that of the first order. No points where no month is over.
    """
    now = cohorts.month_of(cohorts.today(storefront, at))
    found = cohorts.cells(storefront=storefront, cut=cut)
    named = cohorts.names(storefront=storefront, cut=cut)
    return [
        {"key": named[key][0], "name": named[key][1], "points": _points(months, now, storefront.kept_share)}
        for key, months in sorted(found.items())
        if key in named
    ]


def _points(months, now, share):
    """Of every age the cohorts that reached its end, with all that they brought up to then."""
    points, kept = [], dict.fromkeys(months, 0)
    for age in range(now - min(months, default=now)):
        over = [month for month in months if month + age < now]
        for month in over:
            kept[month] += months[month].get(age, (0, 0))[1]
        customers = sum(months[month][0][0] for month in over)
        total = sum(kept[month] for month in over)
        points.append({"month": age, "customers": customers, "mean_minor": _mean(total * share, customers)})
    return points


def _mean(total, customers):
    return money.round_half_up(Fraction(total, customers))
