"""What each acquisition channel returned on its cost, month by month, and how that moves with all of them together.

Joins what ``referrals`` counts with what ``rewards`` gave.
"""

from collections import defaultdict
from datetime import timedelta

from referrals import buyers, cohorts, costs
from referrals.measures import cost
from referrals.models import Channel, CostOf
from rewards import costs as of_rewards

DIGITS = 5
RISK = (
    "A channel’s monthly return, revenue (times the storefront’s margin where one is set) ÷ cost − 1, against that of "
    "all channels together (capital asset pricing): "
    "beta, the return to be expected and alpha, what it returned above that. Of referral the rewards and the fees "
    "of payouts are a cost too. "
    "Revenue is of orders in the storefront’s currency; costs are of all who came."
)


def channel_risk(*, storefront, at, free=0.0):
    """``[{"channel", "months", beta, expected, alpha, mean, reason}]`` of channels with costs, of the last 24 months.

    ``free``: the return of a month without risk. Costs in another currency than the storefront's are left out and
    named in ``left_out``; ``elsewhere`` says who paid in another currency: what they cost is in, what they paid is not.
    """
    months = months_of(storefront=storefront, at=at)
    spent, left_out = spent_of(storefront=storefront, at=at)
    had = _revenue(storefront, months)
    share = storefront.kept_share
    market = [_return(had, spent, spent, month, share) for month in months]
    told = []
    for channel in sorted(spent):
        own = [_return(had, spent, [channel], month, share) for month in months]
        known = [each for each in own if each is not None]
        found = cost.risk(own, market, free=free)
        told.append(
            {
                "channel": channel,
                "months": len(known),
                "revenue_minor": sum(had[channel].get(month, 0) for month, paid in spent[channel].items() if paid),
                "cost_minor": sum(spent[channel].values()),
                "mean": _rounded(sum(known) / len(known)) if known else None,
                "beta": _rounded(found.beta),
                "expected": _rounded(found.expected),
                "alpha": _rounded(found.alpha),
                "reason": found.reason,
            }
        )
    nothing = "" if told else "No costs of channels are known. Upload them, or put them by the API."
    return {
        "definition": {"id": "channel_risk", "sentence": RISK},
        "period": {"from": f"{cohorts.day_of(months[0]):%Y-%m}", "to": f"{cohorts.day_of(months[-1]):%Y-%m}"},
        "currency": storefront.currency,
        "channels": told,
        "left_out": sorted(left_out),
        "elsewhere": buyers.elsewhere(storefront=storefront),
        "reason": nothing,
    }


def months_of(*, storefront, at):
    """The last 24 months that are over, as ``cohorts.month_of`` counts them."""
    now = cohorts.month_of(cohorts.today(storefront, at))
    return range(now - 24, now)


def spent_of(*, storefront, at):
    """``({channel: {month: cost_minor}}, units left out)``: in the storefront's currency, of ``months_of``."""
    months = months_of(storefront=storefront, at=at)
    spent, left_out = defaultdict(dict), set()
    days = cohorts.day_of(months[0]), cohorts.day_of(months[-1])
    for (channel, month, unit), amount in costs.by_month(storefront=storefront, since=days[0], until=days[1]).items():
        if unit == storefront.currency:
            own = spent[Channel.REFERRAL if channel == CostOf.PAYOUT_FEES else channel]
            own[cohorts.month_of(month)] = own.get(cohorts.month_of(month), 0) + amount
        else:
            left_out.add(unit)
    _add_rewards(storefront, spent, left_out, days)
    return spent, left_out


def _add_rewards(storefront, spent, left_out, days):
    """Rewards are what the channel referral costs beside what is noted."""
    until = (days[1] + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    for month, unit, amount in of_rewards.by_month(storefront=storefront, since=days[0], until=until):
        if unit == storefront.currency:
            key = cohorts.month_of(month)
            spent[Channel.REFERRAL][key] = spent[Channel.REFERRAL].get(key, 0) + amount
        elif amount:
            left_out.add(unit)


def _revenue(storefront, months):
    """``{channel: {month: kept_minor}}`` of the months in which it was kept."""
    found = defaultdict(lambda: defaultdict(int))
    for channel, cells in cohorts.cells(storefront=storefront, cut="channel").items():
        for month, ages in cells.items():
            for age, (_, kept) in ages.items():
                if month + age in months:
                    found[channel or Channel.OTHER][month + age] += kept
    return found


def _return(had, spent, channels, month, share):
    """Of a month; None where nothing was spent in it."""
    paid = sum(spent[channel].get(month, 0) for channel in channels)
    # What came without a cost that month is no return on one.
    kept = sum(had[channel].get(month, 0) for channel in channels if spent[channel].get(month))
    return cost.monthly_return(float(kept * share), paid)


def _rounded(value):
    return None if value is None else round(value, DIGITS)
