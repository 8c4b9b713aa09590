"""What customers are worth: those a friend brought beside the others."""

from config.measured import words
from config.measured.cards import Card, word
from referrals import lifetime_value


def values(compared):
    shown = [each for each in compared if each["difference_minor"] is not None]
    return Card(
        id="lifetime_values",
        title=_finding(shown[-1]) if shown else "Lifetime value",
        head=("Days", "Brought by a friend", "Of", "Others", "Of", "Difference", "Likely"),
        rows=[_row(each) for each in compared],
        empty="" if compared else "Not counted yet. It is counted every few minutes, as long as a worker runs.",
        said=(
            lifetime_value.DEFINITION,
            "A difference whose range includes 0 may be chance, and none is a proof of a cause.",
        ),
    )


def _finding(each):
    """Nothing is called a difference that may be chance."""
    low, high = each["interval_minor"]
    more = "more" if low > 0 else "less" if high < 0 else None
    if not more:
        return f"Over {each['horizon_days']} days no difference that chance would not explain"
    by = words.amount(abs(each["difference_minor"]), each["currency"]).text
    return f"Over {each['horizon_days']} days a customer brought by a friend was worth {by} {more}"


def _row(each):
    unit = each["currency"]
    return [
        words.count(each["horizon_days"]),
        *(
            cell
            for group in (each["referred"], each["others"])
            for cell in (words.amount(group["mean_minor"], unit), words.count(group["customers"]))
        ),
        words.amount(each["difference_minor"], unit),
        word(
            words.between(each["interval_minor"], lambda end: words.amount(end, unit).text)
            or each["reason"]
            or words.NONE
        ),
    ]
