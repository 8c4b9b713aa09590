"""What a program brought in a period: the funnel, its rates and their course."""

from advocacy.drawing import bars
from config.measured import words
from config.measured.cards import Card, Cell, word

STEPS = {
    "clicks": "Clicks",
    "visitors": "Visitors",
    "referrals": "Friends joined",
    "converted_referrals": "Friends bought",
    "conversions": "Orders by friends",
}
NO_SHARE = "no share of a whole"
RATES = {
    "share_rate": "Sharers ÷ shown the share page",
    "participation_rate": "Active ÷ advocates",
    "click_to_signup": "Friends ÷ visitors",
    "signup_to_conversion": "Buyers ÷ friends",
    "click_to_conversion": "Buyers ÷ visitors",
    "acquisition_rate": "Buyers ÷ advocates",
    "referral_rate_orders": "Orders by friends ÷ all orders",
    "referral_rate_customers": "New customers by friends ÷ all new",
}


def funnel(measured, behind):
    counts = {name: measured["counts"][name] for name in STEPS}
    visitors, bought = counts["visitors"]["value"], counts["converted_referrals"]["value"]
    rows = [[word(label), words.count(counts[name]["value"], link=behind(name))] for name, label in STEPS.items()]
    came = "" if visitors is None else f"{words.plural(visitors, 'visitor', 'visitors')}, "
    told = f"{came}{words.plural(bought, 'friend', 'friends')} bought"
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
    most = max((row[1].plain or 0 for row in rows), default=0)
    return [{"label": row[0].text, "cell": row[1], "percent": (row[1].plain or 0) * 100 // (most or 1)} for row in rows]


_DAILY = ("clicks", "referrals", "conversions")
_HEAD = ("Rate", "Value", "Likely", "Of", "The period before", "Change")


def rates(measured, behind):
    found = measured["metrics"]
    rows = [_rate(label, found[name], behind, name) for name, label in RATES.items() if name in found]
    bought = found["click_to_conversion"]["value"]
    return Card(
        id="rates",
        title="Rates" if bought is None or bought > 1 else f"{words.percent(bought)} of the visitors bought",
        head=_HEAD,
        rows=rows,
        said=(*(found[name]["definition"]["sentence"] for name in RATES if name in found), *_gone(found)),
    )


def _gone(found):
    return sorted({each["reason"] for each in found.values() if each["numerator"] is None})


def of_segment(measured, behind, segment):
    """The rates of what advocates of one segment brought; of clicks and shares no segment is known."""
    own = next((each["metrics"] for each in measured["groups"] if each["group"]["key"] == segment), {})
    known = {name: label for name, label in RATES.items() if name in own and own[name]["numerator"] is not None}

    def rows(name, **given):
        return behind(name, group_by="segment", key=segment, **given)

    return Card(
        id="segment",
        title=f"Brought by advocates of {segment}",
        head=_HEAD,
        rows=[_rate(label, own[name], rows, name) for name, label in known.items()],
        empty="" if known else f"Advocates of the segment {segment} brought nobody in these days.",
        said=("Advocates count as what they were when their friend was bound or bought. Clicks and shares have none.",),
    )


def _rate(label, rate, behind, name):
    likely = words.between(rate["interval"], words.percent)
    of = words.NONE if rate["numerator"] is None else f"{rate['numerator']:,} of {rate['denominator']:,}"
    before = rate.get("previous") or {"value": None}
    link = behind(f"{name}.numerator") if rate["numerator"] is not None else ""
    return [
        word(label),
        _value(rate, link),
        word(likely) if likely else word(_unlikely(rate), plain=rate["reason"]),
        word(of, link=link),
        _value(before, _before(before, f"{name}.numerator", behind)),
        _points(rate.get("change")),
    ]


def _unlikely(rate):
    if rate["numerator"] is None:
        return "clicks are gone"
    return "nothing to divide by" if rate["value"] is None else NO_SHARE


def _value(rate, link):
    """83 of 1 are no 8,300 %: what is no share is told by its ends."""
    value = rate["value"]
    if value is None or value <= 1:
        return words.share(value, link=link if value is not None else "")
    return Cell(f"{rate['numerator']:,} to {rate['denominator']:,}", words.exact(value), link)


def _before(rate, name, behind):
    """The rows of the period before."""
    if rate["value"] is None:
        return ""
    return behind(name, **{end: rate["period"][end] for end in ("from", "to")})


def _points(change):
    """A change of a share, in points of per cent, as a change of per cent would be another number."""
    if change is None:
        return Cell(words.NONE, "")
    return Cell(f"{change * 100:+.1f} points".replace("-", "−"), words.exact(change))


def trend(measured, series, behind):
    orders = measured["counts"]["conversions"]["value"]
    rows = [[word(point["day"].isoformat()), *(_of_day(point, name, behind) for name in _DAILY)] for point in series]
    return Card(
        id="trend",
        title=f"{words.plural(orders, 'order', 'orders')} by friends",
        head=("Day", "Clicks", "Friends", "Orders"),
        rows=rows[::-1],
        kind="bars",
        drawing=bars(series, "conversions"),
        empty="" if orders else "No friend has bought in these days.",
        said=tuple(measured["counts"][name]["definition"]["sentence"] for name in _DAILY),
    )


def _of_day(point, name, behind):
    day = point["day"]
    return words.count(point[name], link=behind(name, **{"from": day, "to": day}) if point[name] else "")


def parts(measured, behind, *, by, called):
    """The program's numbers by channel, link, advocate or segment; ``called``: cells of those known by a name."""
    rows = [
        [
            called.get(each["group"]["key"]) or word(each["group"]["label"]),
            *(_share_of(each, name, behind, by) for name in OF_PARTS),
            word(
                _buyers(each["metrics"]["signup_to_conversion"]),
                link=behind("converted_referrals", group_by=by, key=each["group"]["key"]),
            ),
        ]
        for each in measured.get("groups", ())
    ]
    left = measured.get("groups_left_out")
    return Card(
        id="parts",
        title=f"By {by}",
        head=(by.capitalize(), *(RATES[name] for name in OF_PARTS), "Buyers of friends"),
        rows=rows,
        empty="" if rows else f"Nothing in these days can be told apart by {by}.",
        said=(f"{left} smaller ones are left out." if left else "All there are.",) if rows else (),
    )


def _share_of(each, name, behind, by):
    rate = each["metrics"][name]
    known = rate["numerator"] is not None
    link = behind(f"{name}.numerator", group_by=by, key=each["group"]["key"]) if known else ""
    return _value(rate, link)


OF_PARTS = ("click_to_signup", "signup_to_conversion", "click_to_conversion")


def _buyers(rate):
    return words.NONE if rate["numerator"] is None else f"{rate['numerator']:,} of {rate['denominator']:,}"
