"""What a program costs and what is had for it: cost by kind, CAC, ROI, what is owed, growth earned.

Joins what ``referrals`` counts with what ``rewards`` owes. Each figure is a dictionary: ``definition``, ``value`` (None
with a ``reason``), ``numerator`` and ``denominator``; money is in minor units of the ``currency`` of the answer.
"""

from collections import defaultdict
from fractions import Fraction

from django.db.models import Sum

from advocacy import money
from advocacy.models import Program, Side
from referrals import cohorts, costs
from referrals.growth import spans
from referrals.measures import cost
from referrals.metrics import periods
from referrals.models import Day
from rewards import costs as of_rewards
from rewards.rates import Rates

DIGITS = 5
KINDS = {
    "advocate_rewards": "Rewards of advocates for what happened in the period, credited, not taken back, not expired.",
    "friend_incentives": "The same of friends.",
    "payout_fees": "Fees of payouts. They are not recorded here: note them as a cost of the channel referral.",
    "program_cost": "What was noted as the cost of the channel referral, of each month as many days as are in the "
    "period; where a storefront has several programs, the part that their converted friends in the period are of all.",
}
CAC = "All four costs ÷ friends whose first conversion was in the period."
PER_CLICK = "Rewards of advocates for what happened in the period ÷ clicks in the period."
ROI = "(Revenue of conversions in the period, after refunds − all four costs) ÷ these costs."
LIABILITY = "Rewards credited and neither spent nor paid out, also those on their way there, and those pending; now."
FORECAST = "What is pending × the share of what was granted that was credited, of rewards whose hold ended in 365 days."
BREAKAGE = "What expired ÷ what was credited, of rewards whose hold ended in the last 365 days."
EARNED = (
    "NRR + ENC − 1. NRR: what customers from before brought in the last 12 months that are over ÷ what all brought in "
    "the 12 before. ENC: what new customers whom a friend brought had brought ÷ the same."
)


# What is of a period: the others are as they are now.
OF_PERIOD = ("period", "cost", "cac", "earnings_per_click", "roi")


def of_program(*, program, since=None, until=None, at, compare=False):
    """All figures of the days ``since`` to ``until``, both included; refuses a period that cannot be.

    ``compare`` adds ``previous``: those ``OF_PERIOD`` of as many days before.
    """
    asked = periods.asked(program=program, at=at, since=since, until=until)
    told = _of_days(program, asked, at)
    if compare:
        since, until = asked.before
        before = _of_days(program, periods.asked(program=program, at=at, since=since, until=until), at)
        told["previous"] = {name: before[name] for name in OF_PERIOD}
    return told


def _of_days(program, asked, at):
    first, last = asked.days
    till = _Till(program, last, at)
    sums = _sums(program, first, last, till)
    days = Day.objects.filter(program=program, day__range=asked.days)
    brought = days.aggregate(friends=Sum("converted_referrals"), revenue=Sum("revenue_minor"))
    whole = sum(each["value"] or 0 for each in sums.values())
    revenue = (brought["revenue"] or 0) + _of_other_currencies(program, first, last, till)
    told = {
        "period": {"from": first, "to": last},
        "time_zone": asked.zone,
        "currency": till.target,
        "mature": last < asked.today,
        "cost": sums,
        "cac": _cac(sums, brought["friends"] or 0),
        "earnings_per_click": _per_click(sums, program, asked.days),
        "roi": _ratio("roi", ROI, revenue - whole, whole, "The program cost nothing in the period."),
        **_owed(program, till, at),
        "earned_growth_rate": earned_growth(storefront=program.storefront, at=at),
        "converted": till.told(),
        "unconverted": sorted(till.missing),
    }
    return _untold(told, till) if till.missing else told


def _untold(told, till):
    """Without the figures that amounts are missing of: a sum of a part is no sum."""
    there = (
        f"No rate of {', '.join(sorted(till.missing))} to {till.target} for {till.day} or the 7 days before. Put one."
    )
    for name in _OF_ALL:
        told[name] = told[name] | {"value": None, "reason": there}
    told["cost"] = {name: each | {"value": None} for name, each in told["cost"].items()}
    return told


# Of every unit; the rate of growth is of the storefront's own currency.
_OF_ALL = ("cac", "earnings_per_click", "roi", "liability", "forecast", "breakage")


class _Till:
    """What amounts of other units are in the program's currency, by the rate of the period's last day or just before.

    ``missing``: units without a rate; their amounts are left out, and named.
    """

    def __init__(self, program, day, at):
        self.program, self.day, self.target = program, min(day, at.date()), program.currency
        self.used, self.missing, self._rates = {}, set(), {}

    def minor(self, amount_minor, unit):
        if unit == self.target or not amount_minor:
            return amount_minor
        if unit == money.POINTS:
            return self._points(amount_minor)
        if unit not in self._rates:
            storefront = self.program.storefront_id
            asked = {"storefront": storefront, "currency": unit, "target": self.target, "day": self.day}
            self._rates[unit] = Rates(wanted={tuple(asked.values())}).on(**asked)
        rate = self._rates[unit]
        if rate is None:
            self.missing.add(unit)
            return 0
        self.used[unit] = {"currency": unit} | rate.as_dict()
        return money.round_half_up(amount_minor * Fraction(rate.value))

    def _points(self, points):
        if not self.program.points_per_unit:
            self.missing.add(money.POINTS)
            return 0
        worth = Fraction(points, self.program.points_per_unit) * 10 ** money.decimals(self.target)
        self.used[money.POINTS] = {
            "currency": money.POINTS,
            "rate": f"1 ÷ {self.program.points_per_unit}",
            "day": None,
            "source": "program",
        }
        return money.round_half_up(worth)

    def told(self):
        return [self.used[unit] for unit in sorted(self.used)]


def _sums(program, first, last, till):
    start, end = spans.borders(program.storefront, first, last)
    units = {True: defaultdict(int), False: defaultdict(int)}
    for each in of_rewards.of_period(program=program, start=start, end=end):
        units[each["side"] == Side.FRIEND][each["unit"]] += each["credited_minor"]
    to = {friend: sum(till.minor(amount, unit) for unit, amount in own.items()) for friend, own in units.items()}
    noted = costs.of_referral(storefront=program.storefront, since=first, until=last)
    amounts = {
        "advocate_rewards": to[False],
        "friend_incentives": to[True],
        "payout_fees": None,
        "program_cost": money.round_half_up(
            sum(till.minor(amount, unit) for unit, amount in noted.items()) * part_of(program, first, last)
        ),
    }
    return {
        name: {"definition": {"id": name, "sentence": KINDS[name]}, "value": amount} for name, amount in amounts.items()
    }


def _of_other_currencies(program, first, last, till):
    """The revenue of conversions that were paid in other currencies; a day counts that of the program's alone."""
    elsewhere = costs.revenue_elsewhere(program=program, since=first, until=last)
    return sum(till.minor(amount, unit) for unit, amount in elsewhere.items())


def part_of(program, first, last):
    """Of what the storefront's programs cost together, this one's: by its converted friends, evenly without any."""
    days = Day.objects.filter(program__storefront=program.storefront_id, day__range=(first, last)).order_by()
    friends = dict(days.values_list("program").annotate(Sum("converted_referrals")))
    if not sum(friends.values()):
        return Fraction(1, Program.objects.filter(storefront=program.storefront_id).count())
    return Fraction(friends.get(program.pk, 0), sum(friends.values()))


def _cac(sums, friends):
    each = [sums[name]["value"] or 0 for name in KINDS]
    value = cost.acquisition_cost(rewards=each[0], incentives=each[1], fees=each[2], program=each[3], friends=friends)
    return {
        "definition": {"id": "referral_cac", "sentence": CAC},
        "numerator": sum(each),
        "denominator": friends,
        "value": None if value is None else money.round_half_up(Fraction(sum(each), friends)),
        "reason": "" if friends else "No friend was converted for the first time in the period.",
    }


def _per_click(sums, program, days):
    clicks = Day.objects.filter(program=program, day__range=days).aggregate(sum=Sum("clicks"))["sum"] or 0
    earned = sums["advocate_rewards"]["value"]
    return {
        "definition": {"id": "earnings_per_click", "sentence": PER_CLICK},
        "numerator": earned,
        "denominator": clicks,
        "value": money.round_half_up(Fraction(earned, clicks)) if clicks else None,
        "reason": "" if clicks else "Nobody clicked in the period.",
    }


def _ratio(name, sentence, numerator, denominator, nothing):
    return {
        "definition": {"id": name, "sentence": sentence},
        "numerator": numerator,
        "denominator": denominator,
        "value": round(numerator / denominator, DIGITS) if denominator else None,
        "reason": "" if denominator else nothing,
    }


def _owed(program, till, at):
    now, before = of_rewards.outstanding(program=program), of_rewards.decided(program=program, at=at)
    pending, expected, unknown = 0, 0, 0
    for unit, each in now.items():
        known = before.get(unit, {"credited_minor": 0, "granted_minor": 0})
        told = cost.forecast(each["pending_minor"], credited=known["credited_minor"], decided=known["granted_minor"])
        pending += till.minor(each["pending_minor"], unit)
        unknown += told is None and each["pending_minor"] > 0
        expected += till.minor(round(told or 0), unit)
    available = sum(till.minor(each["available_minor"], unit) for unit, each in now.items())
    expired, credited = (
        sum(till.minor(each[name], unit) for unit, each in before.items())
        for name in ("expired_minor", "credited_minor")
    )
    return {
        "liability": {
            "definition": {"id": "liability", "sentence": LIABILITY},
            "pending": pending,
            "available": available,
            "value": pending + available,
            "reason": "",
        },
        "forecast": {
            "definition": {"id": "liability_forecast", "sentence": FORECAST},
            "value": None if unknown else expected,
            "reason": "No reward’s hold has ended yet, so nothing says how many are credited." if unknown else "",
        },
        "breakage": _ratio("breakage", BREAKAGE, expired, credited, "Nothing was credited in the last 365 days."),
    }


def earned_growth(*, storefront, at):
    """The storefront's earned growth rate over the 12 months that are over, from the cohorts by month."""
    now = cohorts.month_of(cohorts.today(storefront, at))
    this, last = range(now - 12, now), range(now - 24, now - 12)
    cells = cohorts.cells(storefront=storefront, cut="all", keys=["referred", "other"])
    first = min((month for months in cells.values() for month in months), default=now)
    whole = first <= now - 24
    before, returning, earned = _year_on_year(cells, this, last) if whole else (0, 0, 0)
    value = cost.earned_growth(returning=returning, earned=earned, last_year=before)
    return {
        "definition": {"id": "earned_growth_rate", "sentence": EARNED},
        "returning": returning,
        "earned": earned,
        "last_year": before,
        "value": None if value is None else round(value, DIGITS),
        "reason": _no_growth(whole, before, first),
    }


def _year_on_year(cells, this, last):
    """What all brought in ``last``, and in ``this`` who was here before, and who came by a friend."""
    before = returning = earned = 0
    for key, months in cells.items():
        for month, ages in months.items():
            for age, (_, kept) in ages.items():
                before += kept * (month + age in last)
                returning += kept * (month + age in this and month < this.start)
                earned += kept * (month + age in this and month >= this.start and key == "referred")
    return before, returning, earned


def _no_growth(whole, before, first):
    if not whole:
        return f"It takes orders of 24 months that are over; here they begin in {cohorts.day_of(first):%Y-%m}."
    return "" if before else "Nothing was bought in the 12 months before the last 12."
