"""What the program costs, what is had for it, and what the house owes its customers."""

from config import program_money
from config.measured import words
from config.measured.cards import Card, word
from config.money_intervals import INTERVAL

_KINDS = {
    "advocate_rewards": "Rewards of advocates",
    "friend_incentives": "Rewards of friends",
    "payout_fees": "Fees of payouts",
    "program_cost": "Other costs of the program",
}


def cost(told, behind):
    unit = told["currency"]
    cac = told["cac"]
    rows = [
        [word(label), words.amount(told["cost"][name]["value"], unit, link=behind(f"cost.{name}"))]
        for name, label in _KINDS.items()
    ]
    rows.append([word("All together"), words.amount(cac["numerator"], unit)])
    return Card(
        id="cost",
        title=_each(told),
        head=("Cost", "In the period"),
        rows=rows,
        said=(
            program_money.CAC,
            INTERVAL,
            *(program_money.KINDS[name] for name in _KINDS),
            *_left_out(told),
            *_converted(told),
        ),
    )


def _each(told):
    cac = told["cac"]
    if cac["numerator"] is None:
        return "What a friend who bought cost cannot be told: a rate is missing"
    if not cac["numerator"]:
        return "Nothing is known to have been spent"
    if cac["value"] is None:
        return cac["reason"]
    likely = words.range_of(cac["interval"], told["currency"], "").text if cac["interval"] else ""
    return f"A friend who bought cost {words.amount(cac['value'], told['currency']).text}" + (likely and f" ({likely})")


def _left_out(told):
    return (f"Left out, for want of a rate: {', '.join(told['unconverted'])}.",) if told["unconverted"] else ()


def _converted(told):
    """Each amount by the rate of its day: the newest of them, and since when."""
    return tuple(
        f"{each['currency']} at {each['rate']}, {each['source']}{_of_days(each)}." for each in told["converted"]
    )


def _of_days(rate):
    if not rate["day"]:
        return ""
    before = f"; of earlier days by theirs, from {rate['first_day']} on" if rate["first_day"] < rate["day"] else ""
    return f" of {rate['day']}{before}"


def gained(told, behind):
    """Return, growth and breakage: shares, each with why there is none."""
    figures = {
        "Return on what it cost": (told["roi"], "roi.revenue"),
        "Earned growth, 12 months": (told["earned_growth_rate"], "earned_growth_rate.earned"),
        "Expired of what was credited": (told["breakage"], "breakage.expired"),
    }
    rows = [
        [
            word(label),
            words.share(each["value"], link="" if each["value"] is None else behind(rows)),
            word(each["reason"]),
        ]
        for label, (each, rows) in figures.items()
    ]
    roi = told["roi"]["value"]
    return Card(
        id="gained",
        title="What is had for it" if roi is None else f"{_had(told)} was {roi + 1:.1f} times what they cost",
        head=("Figure", "Value", "Why there is none"),
        rows=rows,
        said=(program_money.ROI, *_at_margin(told), program_money.EARNED, program_money.BREAKAGE),
    )


def _had(told):
    return "Revenue by friends" if told["margin"] is None else "The margin of what friends bought"


def _at_margin(told):
    return () if told["margin"] is None else (f"The storefront’s margin is {words.percent(told['margin'])}.",)


def liability(told, behind):
    unit, owed, forecast = told["currency"], told["liability"], told["forecast"]
    rows = [
        [word("On the way"), words.amount(owed["pending"], unit, link=behind("liability.pending"))],
        [
            word("Of it likely to be credited"),
            words.amount(forecast["value"], unit, link=behind("liability_forecast.credited")),
        ],
        [word("Credited, not spent"), words.amount(owed["available"], unit, link=behind("liability.available"))],
    ]
    anything = owed["pending"] != 0 or owed["available"] != 0
    return Card(
        id="liability",
        title=_owed(owed["value"], unit) if anything else "Nothing is owed",
        head=("Owed now", "Amount"),
        rows=rows,
        empty="" if anything else "No reward has been granted yet, or all are spent.",
        said=(program_money.LIABILITY, program_money.FORECAST, *_left_out(told)),
    )


def _owed(minor, unit):
    return (
        "What is owed cannot be told: a rate is missing"
        if minor is None
        else f"{words.amount(minor, unit).text} is owed"
    )
