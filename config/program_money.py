"""What a program costs and what is had for it: cost by kind, CAC, ROI, what is owed, growth earned.

Joins what ``referrals`` counts with what ``rewards`` owes. Each figure is a dictionary: ``definition``, ``value`` (None
with a ``reason``), ``numerator`` and ``denominator``; money is in minor units of the ``currency`` of the answer.
"""

from fractions import Fraction

from django.db.models import Sum

from advocacy import money
from advocacy.models import Program, Side
from config.converting import Converter, joined, lacking
from config.money_intervals import Days
from referrals import cohorts, costs
from referrals.measures import cost
from referrals.metrics import any_gone, periods
from referrals.models import CostOf, Day
from rewards import costs as of_rewards

DIGITS = 5
KINDS = {
    "advocate_rewards": "Rewards of advocates for what happened in the period, credited, not taken back, not expired. "
    "What customers got for anything else (surveys, testimonials, by hand, points exchanged) is none.",
    "friend_incentives": "The same of friends.",
    "payout_fees": "What was noted as payout_fees beside the costs of channels, spread as the program's cost.",
    "program_cost": "What was noted as the cost of the channel referral, of each month as many days as are in the "
    "period; where a storefront has several programs, the part that their converted friends in the period are of all.",
}
CAC = "All four costs ÷ friends whose first conversion was in the period."
PER_CLICK = "Rewards of advocates for what happened in the period ÷ clicks in the period."
ROI = (
    "(Revenue of conversions in the period, after refunds, × the storefront's margin where one is set − all four "
    "costs) ÷ these costs."
)
LIABILITY = "Rewards credited and neither spent nor paid out, also those on their way there, and those pending; now."
FORECAST = (
    "What is pending × the share of what was granted that was credited, of rewards of advocates and friends whose hold "
    "ended in the last 365 days."
)
BREAKAGE = (
    "What expired ÷ what was credited, of rewards of advocates and friends whose hold ended in the last 365 days."
)
EARNED = (
    "NRR + ENC − 1. NRR: what customers from before brought in the last 12 months that are over ÷ what all brought in "
    "the 12 before. ENC: what new customers whom a friend brought had brought ÷ the same."
)


# What is of a period: the others are as they are now.
OF_PERIOD = ("period", "cost", "cac", "earnings_per_click", "roi")


def of_program(*, program, since=None, until=None, at, compare=False, currency=None):
    """All figures of the days ``since`` to ``until``, both included; refuses a period that cannot be.

    ``currency``: of all amounts, the program's by default; others are converted by the rate of their own day, of what
    is as it is now by today's. ``compare`` adds ``previous``: those ``OF_PERIOD`` of as many days before.
    """
    asked = periods.asked(program=program, at=at, since=since, until=until)
    currency = (currency or program.currency).upper()
    if currency not in money.CURRENCIES:
        said = f"{currency[:10]!a} is no ISO 4217 code, such as EUR."
        raise periods.BadPeriod("bad_currency", said, errors={"currency": said})
    told = _of_days(program, asked, at, currency)
    if compare:
        since, until = asked.before
        before = _of_days(program, periods.asked(program=program, at=at, since=since, until=until), at, currency)
        told["previous"] = {name: before[name] for name in OF_PERIOD}
    return told


def _of_days(program, asked, at, currency):
    first, last = asked.days
    to = Converter(program, target=currency, days=(first.replace(day=1), max(last, asked.today)))
    parts = {name: to.part() for name in ("earned", "given", "fees", "noted", "revenue", "owed", "decided")}
    earned, given = _given(program, first, last, parts)
    fees, noted = _noted(program, first, last, parts)
    sums = _sums(earned, given, fees, noted)
    counted = {row.day: row for row in _days(program, asked.days).only("day", "clicks", "converted_referrals")}
    friends, clicks = (
        {day: getattr(row, name) for day, row in counted.items()} for name in ("converted_referrals", "clicks")
    )
    gone = any_gone(program=program, since=first, until=last, at=at)
    share = program.storefront.kept_share
    kept = {day: amount * share for day, amount in parts["revenue"].by_day(_revenue(program, first, last)).items()}
    margin = money.round_half_up(sum(kept.values(), Fraction(0)))
    whole = sum(each["value"] or 0 for each in sums.values())
    by_day = Days(
        first=first,
        last=min(last, asked.today),
        earned=earned,
        given=given,
        margin=kept,
        friends=friends,
        clicks=clicks,
        spread=fees + noted,
    )
    told = {
        "period": {"from": first, "to": last},
        "time_zone": asked.zone,
        "currency": currency,
        "mature": last < asked.today,
        "margin": program.storefront.margin and float(program.storefront.kept_share),
        "cost": sums,
        "cac": _cac(sums, sum(friends.values())) | {"interval": by_day.cac()},
        "earnings_per_click": _per_click(sums, None if gone else sum(clicks.values()))
        | {"interval": None if gone else by_day.earnings_per_click()},
        "roi": _ratio("roi", ROI, margin - whole, whole, "The program cost nothing in the period.")
        | {"interval": by_day.roi() if whole else None},
        **_owed(program, parts, asked.today),
        "earned_growth_rate": earned_growth(storefront=program.storefront, at=at),
        "converted": to.told(),
        "unconverted": sorted(to.missing),
    }
    return _without_parts(told, parts, currency) if to.missing else told


def _days(program, days):
    return Day.objects.filter(program=program, day__range=days)


def _without_parts(told, parts, currency):
    """Without the figures that amounts are missing of, and their ends: a sum of a part is no sum."""
    for name, (needs, ends) in _MADE_OF.items():
        if reason := lacking(joined(parts[part].missing for part in needs), currency):
            without = dict.fromkeys({"value", *ends, *told[name].keys() & {"interval"}})
            told[name] = told[name] | without | {"reason": reason}
    for name, part in _COSTS.items():
        if parts[part].missing:
            told["cost"][name] = told["cost"][name] | {"value": None}
    return told


_COSTS = {"advocate_rewards": "earned", "friend_incentives": "given", "payout_fees": "fees", "program_cost": "noted"}
# Of which sums, and which of its ends are money; the rate of growth is of the storefront's own currency.
_MADE_OF = {
    "cac": (_COSTS.values(), ("numerator",)),
    "earnings_per_click": (("earned",), ("numerator",)),
    "roi": ((*_COSTS.values(), "revenue"), ("numerator", "denominator")),
    "liability": (("owed",), ("pending", "available")),
    "forecast": (("owed",), ()),
    "breakage": (("decided",), ("numerator", "denominator")),
}


def _given(program, first, last, to):
    """``({day: rewards of advocates}, {day: of friends})``, exactly."""
    own, friends = [], []
    for each in of_rewards.of_period(program=program, since=first, until=last):
        of = friends if each["side"] == Side.FRIEND else own
        of.append((each["day"], each["unit"], each["credited_minor"]))
    return to["earned"].by_day(own), to["given"].by_day(friends)


def _noted(program, first, last, to):
    """``(fees of payouts, what else it cost)`` as it was noted of the storefront, the program's part; exactly."""
    part, within = part_of(program, first, last), {"storefront": program.storefront, "since": first, "until": last}
    noted = {"fees": costs.of_days(**within, of=CostOf.PAYOUT_FEES), "noted": costs.of_days(**within)}
    return [sum(to[name].by_day(rows).values(), Fraction(0)) * part for name, rows in noted.items()]


def _sums(earned, given, fees, noted):
    amounts = {
        "advocate_rewards": money.round_half_up(sum(earned.values(), Fraction(0))),
        "friend_incentives": money.round_half_up(sum(given.values(), Fraction(0))),
        "payout_fees": money.round_half_up(fees),
        "program_cost": money.round_half_up(noted),
    }
    return {
        name: {"definition": {"id": name, "sentence": KINDS[name]}, "value": amount} for name, amount in amounts.items()
    }


def _revenue(program, first, last):
    """``(day, currency, minor units)`` of conversions; a day counts that of the program's currency alone."""
    kept = _days(program, (first, last)).exclude(revenue_minor=0).values_list("day", "revenue_minor")
    yield from ((day, program.currency, revenue) for day, revenue in kept)
    yield from costs.revenue_elsewhere(program=program, since=first, until=last)


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


def _per_click(sums, clicks):
    """``clicks``: None where nobody could count them."""
    earned = None if clicks is None else sums["advocate_rewards"]["value"]
    return {
        "definition": {"id": "earnings_per_click", "sentence": PER_CLICK},
        "numerator": earned,
        "denominator": clicks,
        "value": money.round_half_up(Fraction(earned, clicks)) if clicks else None,
        "reason": "" if clicks else periods.clicks_are_gone() if clicks is None else "Nobody clicked in the period.",
    }


def _ratio(name, sentence, numerator, denominator, nothing):
    return {
        "definition": {"id": name, "sentence": sentence},
        "numerator": numerator,
        "denominator": denominator,
        "value": round(numerator / denominator, DIGITS) if denominator else None,
        "reason": "" if denominator else nothing,
    }


def _owed(program, to, today):
    now, before = of_rewards.outstanding(program=program), of_rewards.decided(program=program, today=today)
    forecast, unknown = [], 0
    for unit, each in now.items():
        known = before.get(unit, {"credited_minor": 0, "granted_minor": 0})
        told = cost.forecast(each["pending_minor"], credited=known["credited_minor"], decided=known["granted_minor"])
        unknown += told is None and each["pending_minor"] > 0
        forecast.append((today, unit, round(told or 0)))

    def sum_of(name, each, part):
        return to[part].sum((today, unit, amounts[name]) for unit, amounts in each.items())

    expected = to["owed"].sum(forecast)
    pending, available = (sum_of(name, now, "owed") for name in ("pending_minor", "available_minor"))
    expired, credited = (sum_of(name, before, "decided") for name in ("expired_minor", "credited_minor"))
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
