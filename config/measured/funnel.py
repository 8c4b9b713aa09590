"""What a program brought in a period: the funnel, its rates and their course."""

from advocacy.drawing import bars
from config.measured import words
from config.measured.cards import Card, word

STEPS = {
    "clicks": "Clicks",
    "visitors": "Visitors",
    "referrals": "Friends joined",
    "converted_referrals": "Friends bought",
    "conversions": "Orders by friends",
}
RATES = {
    "click_to_signup": "Friends ÷ visitors",
    "signup_to_conversion": "Buyers ÷ friends",
    "click_to_conversion": "Buyers ÷ visitors",
    "acquisition_rate": "Buyers ÷ advocates",
    "referral_rate_orders": "Orders by friends ÷ all orders",
}


def funnel(measured):
    counts = {name: measured["counts"][name] for name in STEPS}
    visitors, bought = counts["visitors"]["value"], counts["converted_referrals"]["value"]
    rows = [[word(label), words.count(counts[name]["value"])] for name, label in STEPS.items()]
    told = f"{words.plural(visitors, 'visitor', 'visitors')}, {words.plural(bought, 'friend', 'friends')} bought"
    return Card(
        id="funnel",
        title=told,
        head=("Step", "Number"),
        rows=rows,
        kind="funnel",
        drawing=_widths(rows),
        empty=""
        if any(each["value"] for each in counts.values())
        else "No link was clicked in these days, and no "
        "friend came. Choose a longer period, or look whether advocates have shared yet.",
        said=tuple(f"{STEPS[name]}: {each['definition']['sentence']}" for name, each in counts.items()),
    )


def _widths(rows):
    """Bars of the steps; a later one may be longer than an earlier one, as friends also come by a code alone."""
    most = max((row[1].plain for row in rows), default=0)
    return [{"label": row[0].text, "cell": row[1], "percent": row[1].plain * 100 // (most or 1)} for row in rows]


def rates(measured):
    rows = [_rate(label, measured["metrics"][name]) for name, label in RATES.items() if name in measured["metrics"]]
    bought = measured["metrics"]["click_to_conversion"]["value"]
    return Card(
        id="rates",
        title="Rates" if bought is None or bought > 1 else f"{words.percent(bought)} of the visitors bought",
        head=("Rate", "Value", "Likely", "Of"),
        rows=rows,
        said=tuple(each["definition"]["sentence"] for each in measured["metrics"].values()),
    )


def _rate(label, rate):
    likely = words.between(rate["interval"], words.percent)
    of = f"{rate['numerator']:,} of {rate['denominator']:,}"
    return [word(label), words.share(rate["value"]), word(likely or words.NONE), word(of)]


def trend(measured, series):
    orders = measured["counts"]["conversions"]["value"]
    rows = [
        [word(point["day"].isoformat()), *(words.count(point[name]) for name in ("clicks", "referrals", "conversions"))]
        for point in series
    ]
    return Card(
        id="trend",
        title=f"{words.plural(orders, 'order', 'orders')} by friends",
        head=("Day", "Clicks", "Friends", "Orders"),
        rows=rows[::-1],
        kind="bars",
        drawing=bars(series, "conversions"),
        empty="" if orders else "No friend has bought in these days.",
    )
