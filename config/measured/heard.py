"""What customers met against what they expected, touchpoint by touchpoint, and what is said of brands in public."""

from advocacy import gaps as verbs
from advocacy import mentions as said_of
from config.measured import words
from config.measured.cards import Card, Cell, word
from config.touchpoint_gaps import NOBODY, QUADRANTS

_TO_DO = dict(QUADRANTS)


def gaps(found, segment, behind):
    return Card(
        id="gaps",
        title=_finding(found),
        head=("Touchpoint", "Expected", "Met", "Gap", "Likely between", "People", "What to do"),
        rows=[_gap(each, segment, behind) for each in found],
        empty="" if found else NOBODY,
        said=(
            verbs.SENTENCE,
            "What is important and falls short is to be fixed first; important and met: keep up; of little importance: "
            "low priority, or possibly too much is done. Parted at the means of all touchpoints.",
        ),
    )


def _finding(found):
    if not found:
        return "What customers expect and what they meet"
    short = [each for each in found if each["interval"] and each["interval"][1] < 0]
    if not short:
        return "No touchpoint is shown to fall short"
    worst = min(short, key=lambda each: (-(each["priority"] or 0), each["value"]))
    where = ", where it matters" if worst["priority"] else ""
    return f"{worst['touchpoint']} falls short most{where}: {_plain(worst['value'])}"


def _gap(each, segment, behind):
    enough, ends = each["value"] is not None, each["interval"]
    rows = {"key": f"{each['touchpoint']}:{each['scale_min']}-{each['scale_max']}"} | (
        {"cut": segment} if segment else {}
    )
    return [
        word(f"{each['touchpoint']} ({each['scale_min']} to {each['scale_max']})"),
        *(_number(each[name]) for name in ("expectation", "experience", "value")),
        word(f"{_plain(ends[0])} to {_plain(ends[1])}" if ends else "not enough answers"),
        words.count(each["pairs"], link=behind("gap.pairs", **rows) if enough else ""),
        word(_to_do(each) if enough else words.NONE),
    ]


def _to_do(each):
    return _TO_DO[each["quadrant"]] if each["quadrant"] else "Ask how much it matters"


def _number(value):
    return Cell(words.NONE, "") if value is None else Cell(_plain(value), words.exact(value))


def _plain(value):
    return f"{value:.2f}".replace("-", "−")


def mentions(found, behind):
    return Card(
        id="mentions",
        title=f"{found[0]['brand']} is spoken of most: {found[0]['mentions']}" if found else "What is said in public",
        head=("Brand", "Mentions", "Share of voice", "Likely between", "Net sentiment", "Positive", "Negative"),
        rows=[_mention(each, behind) for each in found],
        empty="" if found else "Nothing was said in these days. Mentions come by PUT /mentions.",
        said=tuple(said_of.DEFINITIONS.values()),
    )


def _mention(each, behind):
    ends = each["interval"]
    return [
        word(each["brand"]),
        words.count(each["mentions"], link=behind("mentions", key=each["brand"])),
        words.share(each["share_of_voice"]),
        word(f"{words.percent(ends[0])} to {words.percent(ends[1])}" if ends else ""),
        _number(each["net_sentiment"]),
        words.count(each["positive"]),
        words.count(each["negative"]),
    ]
