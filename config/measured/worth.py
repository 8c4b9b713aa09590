"""What customers are worth, those a friend brought beside the others, and who comes back."""

from advocacy.drawing import lines, shade
from config.measured import words
from config.measured.cards import Card, Cell, word
from referrals import cohorts, lifetime_value

_CURVE_LASTS = 24
# A mean of fewer customers is in the table, and draws no line: it would go up and down with each of them.
_ENOUGH = 30
_NO_LINE = f"Months of fewer than {_ENOUGH} customers are in the table and not in the line."


def values(compared, behind, margin=None):
    shown = [each for each in compared if each["matched"]["interval_minor"]]
    return Card(
        id="lifetime_values",
        title=_finding(shown[-1]) if shown else "Lifetime value",
        head=(
            *("Days", "Brought by a friend", "Customers brought", "Others", "Other customers"),
            *("Difference", "Likely between", "Difference if alike", "Likely between, if alike", "Too young"),
        ),
        rows=[_row(each, behind) for each in compared] if _anybody(compared) else [],
        empty=""
        if _anybody(compared)
        else "Nobody has bought yet. A customer is in a row when so many days have passed since their first order.",
        said=(
            lifetime_value.DEFINITION,
            *at_margin(margin),
            lifetime_value.MATCHED,
            "A difference whose range includes 0 may be chance, and none is a proof of a cause.",
        ),
    )


def at_margin(margin):
    return () if margin is None else (f"Of revenue {margin.normalize():f} % count, the storefront’s margin.",)


def _anybody(compared):
    return any(each[side][name] for each in compared for side in ("referred", "others") for name in _PEOPLE)


_PEOPLE = ("customers", "too_young")


def _finding(each):
    """Nothing is called a difference that may be chance."""
    # Of those who began alike: what sets the others apart is no gain by being brought.
    low, high = each["matched"]["interval_minor"]
    more = "more" if low > 0 else "less" if high < 0 else None
    if not more:
        return f"Over {each['horizon_days']} days no difference that chance would not explain, among who began alike"
    by = words.amount(abs(each["matched"]["difference_minor"]), each["currency"]).text
    return f"Over {each['horizon_days']} days a customer brought by a friend was worth {by} {more}"


def _row(each, behind):
    unit, days = each["currency"], each["horizon_days"]
    return [
        words.count(days),
        *(
            cell
            for side in ("referred", "others")
            for cell in _side(each[side], unit, behind(f"lifetime_value.{side}", days=days))
        ),
        *_difference(each, unit, behind("lifetime_value.referred", days=days)),
        *_difference(each["matched"], unit, behind("lifetime_value.matched_referred", days=days)),
        words.count(
            each["referred"]["too_young"] + each["others"]["too_young"],
            link=behind("lifetime_value.too_young", days=days),
        ),
    ]


def _side(group, unit, link):
    link = link if group["customers"] else ""
    return words.amount(group["mean_minor"], unit, link=link), words.count(group["customers"], link=link)


def _difference(told, unit, link):
    link = link if told["difference_minor"] is not None else ""
    return words.amount(told["difference_minor"], unit, link=link), words.range_of(
        told["interval_minor"], unit, told["reason"]
    )


def curves(drawn, currency, behind, margin=None):
    """The mean value by months since the first order."""
    series = [
        {
            "name": line["name"],
            "points": [_point(point, currency, line["key"], behind) for point in line["points"][: _CURVE_LASTS + 1]],
        }
        for line in drawn
    ]
    drawn = [(each["name"], [point for point in each["points"] if point["value"] is not None]) for each in series]
    months = max((len(each["points"]) for each in series), default=0)
    return Card(
        id="lifetime_value_curve",
        title=_compared(drawn) or "Value by month",
        head=("Month", *(cell for each in series for cell in (each["name"], f"Customers, {each['name']}"))),
        rows=[
            [words.count(month), *(cell for each in series for cell in _at(each["points"], month))]
            for month in range(months)
        ],
        kind="lines",
        drawing=lines(series),
        empty="" if months else "No month has passed since somebody’s first order. The curve begins next month.",
        said=(
            lifetime_value.CURVE,
            *at_margin(margin),
            _NO_LINE,
        ),
    )


def _compared(drawn):
    """All lines at the last month that all of them reached: of different months they would be no comparison."""
    texts = [(name, {point["label"]: point["text"] for point in points}) for name, points in drawn if points]
    shared = [month for month in (texts[0][1] if texts else ()) if all(month in known for _, known in texts)]
    if not shared:
        return ""
    told = "; ".join(f"{name}: {known[shared[-1]]}" for name, known in texts)
    return f"{told[:1].upper()}{told[1:]}, after {shared[-1]}"


def _point(point, currency, key, behind):
    link = behind("lifetime_value_curve", cut="referral", key=key, age=point["month"])
    told = words.amount(point["mean_minor"], currency, link=link)
    return {
        "label": words.plural(point["month"], "month", "months"),
        "value": point["mean_minor"] if point["customers"] >= _ENOUGH else None,
        "text": told.text,
        "cell": told,
        "customers": point["customers"],
    }


def _at(points, month):
    if month >= len(points):
        return [Cell(words.NONE, ""), Cell(words.NONE, "")]
    return [points[month]["cell"], words.count(points[month]["customers"], link=points[month]["cell"].link)]


def triangle(found, behind):
    """Cohorts by month: how many of them bought again so many months later, darker the more."""
    rows = found["cohorts"]
    ages = max((len(each["months"]) for each in rows), default=0)
    repeat = found["repeat_rate"]
    again = "" if repeat["value"] is None else f": {words.percent(repeat['value'])} of a month’s buyers bought twice"
    return Card(
        id="cohorts",
        title=f"Who comes back, in % of each month’s first buyers{again}",
        head=("First order", "Customers", *(str(age) for age in range(1, ages))),
        rows=[_cohort(each, ages, behind) for each in rows],
        kind="heat",
        empty="" if rows else cohorts.NOBODY,
        said=(
            cohorts.RETENTION,
            cohorts.REPEAT_RATE,
            "Per cent of the cohort, by months since the first order; a month that is not over stands in brackets.",
            *_left_out(found["left_out"]),
        ),
    )


def _left_out(found):
    why = {
        "rejected": "of whom a review rejected everything that they bought as friends",
        "began_before": "who had ordered before anything was known here",
    }
    told = [f"{words.plural(found[name], 'customer', 'customers')} {said}" for name, said in why.items() if found[name]]
    return (f"Left out: {'; '.join(told)}.",) if told else ()


def _cohort(each, ages, behind):
    later = each["months"][1:]
    return [
        word(each["month"]),
        words.count(each["size"], link=behind("cohort.active", month=each["month"], age=0)),
        *(_month(month, behind("cohort.active", month=each["month"], age=month["age"])) for month in later),
        *(Cell("", "") for _ in range(ages - 1 - len(later))),
    ]


def _month(month, link):
    share = month["retention"]
    if share is None:
        return Cell(words.NONE, "")
    text = f"{share * 100:.0f}"
    return Cell(
        text if month["mature"] else f"({text})",
        words.exact(share),
        shade=shade(share),
        link=link if month["active"] else "",
    )
