"""The rows of what a program costs, owes and returns: rewards, noted costs, and what channels brought."""

from calendar import monthrange
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial

from django.db.models import Case, F, Q, Value, When

from config import channel_returns, program_money
from config.behind.asked import refused
from config.behind.kept import of_months
from config.behind.rows import Rows
from referrals import cohorts
from referrals.growth import spans
from referrals.models import Buyer, Channel, ChannelCost, CostOf
from rewards import costs as of_rewards
from rewards.models import Reward

# What was credited and neither taken back nor expired, spent or not; as ``rewards.costs`` adds it up.
_CREDITED = F("available_minor") + F("reserved_minor") + F("spent_minor") + F("paid_minor") + F("waived_minor")
_OWED = F("available_minor") + F("reserved_minor")


def _some(rows, amount):
    """Those of which there is something, in their own units."""
    return Rows(rows.annotate(row_own=amount).exclude(row_own=0), amount=F("row_own"), unit=F("unit"))


def given(side):
    """What was credited for what happened in the period, to friends or to advocates."""
    return partial(_given, side)


def _given(side, asked):
    rows = Reward.objects.filter(subject__program=asked.program, **asked.within("subject__occurred_at"))
    return _some(rows.filter(side=side), _CREDITED)


def noted(of):
    """What was noted as the cost ``of`` a channel, of each month its days in the period, the program's part."""
    return partial(_noted, of)


def _noted(of, asked):
    first, last = asked.days
    rows = ChannelCost.objects.filter(
        storefront=asked.storefront, channel=of, month__range=(first.replace(day=1), last)
    )
    part = program_money.part_of(asked.program, first, last)
    months = rows.order_by().values_list("month", flat=True).distinct()
    shares = [When(month=month, then=Value(_exact(_share(month, first, last) * part))) for month in months]
    weight = Case(*shares, default=Value(Decimal(0))) if shares else Value(Decimal(0))
    return Rows(rows, amount=F("amount_minor"), unit=F("currency"), weight=weight)


def _share(month, first, last):
    """How much of a month's days the period has."""
    days = monthrange(month.year, month.month)[1]
    within = min(last, month.replace(day=days)).toordinal() - max(first, month).toordinal() + 1
    return Fraction(within, days)


def _exact(share):
    return Decimal(share.numerator) / share.denominator


def owed(name):
    """Rewards ``pending`` or ``available``, as they are now."""
    amount = {"pending": F("pending_minor"), "available": _OWED}[name]
    return lambda asked: _some(Reward.objects.filter(program=asked.program), amount)


def decided(name):
    """Of rewards whose hold ended in the last year what was ``granted``, ``credited`` or ``expired``."""
    amount = {"granted": F("granted_minor"), "credited": _CREDITED + F("expired_minor"), "expired": F("expired_minor")}
    return lambda asked: _some(_decided(asked), amount[name])


def _decided(asked):
    since, until = of_rewards.decided_days(cohorts.today(asked.storefront, asked.at))
    start, end = spans.borders(asked.storefront, since, until)
    rows = Reward.objects.filter(program=asked.program, side__in=of_rewards.REFERRING, pending_minor=0)
    return rows.filter(due_at__gte=start, due_at__lt=end)


def channel_cost(asked):
    months = channel_returns.months_of(storefront=asked.storefront, at=asked.at)
    return Rows(
        ChannelCost.objects.filter(
            storefront=asked.storefront,
            channel__in=_costs_of(_channel(asked)),
            currency=asked.storefront.currency,
            month__range=(cohorts.day_of(months[0]), cohorts.day_of(months[-1])),
        ),
        amount=F("amount_minor"),
        unit=asked.storefront.currency,
    )


def _costs_of(channel):
    return [channel, CostOf.PAYOUT_FEES] if channel == Channel.REFERRAL else [channel]


def channel_rewards(asked):
    """Rewards, which are what the channel referral costs beside what is noted."""
    months = channel_returns.months_of(storefront=asked.storefront, at=asked.at)
    last = cohorts.day_of(months[-1] + 1) - timedelta(days=1)
    start, end = spans.borders(asked.storefront, cohorts.day_of(months[0]), last)
    rows = Reward.objects.filter(
        storefront=asked.storefront,
        side__in=of_rewards.REFERRING,
        unit=asked.storefront.currency,
        subject__occurred_at__gte=start,
        subject__occurred_at__lt=end,
    )
    return _some(rows, _CREDITED)


def channel_revenue(asked):
    """What the channel's customers brought in the months in which it cost something."""
    channel = _channel(asked)
    spent, _ = channel_returns.spent_of(storefront=asked.storefront, at=asked.at)
    months = [month for month, amount in spent.get(channel, {}).items() if amount]
    known = Q(channel=channel) | (Q(channel="") if channel == Channel.OTHER else Q(pk__in=[]))
    rows = Buyer.objects.filter(known, storefront=asked.storefront, rejected=False, began_before=False)
    rows = rows.annotate(row_kept=of_months(months)).exclude(row_kept=0)
    return Rows(rows, amount=F("row_kept"), unit=asked.storefront.currency)


def _channel(asked):
    if asked.key not in Channel.values:
        raise refused("key", f"Send key, the channel: one of {', '.join(Channel.values)}.")
    return asked.key
