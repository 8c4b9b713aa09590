"""What customers said when they were asked: one row for each survey, with how sure it is."""

from advocacy import surveys
from advocacy.models import SurveyKind
from config.measured import words
from config.measured.cards import Card, Cell, word


def scores(found, behind):
    return Card(
        id="surveys",
        title=_finding(found),
        head=("Survey", "Kind", "Score", "Likely between", "Answers"),
        rows=[_row(each, behind) for each in found],
        empty="" if found else "Nobody answered in these days. Answers come by POST /surveys/answers.",
        said=tuple(surveys.DEFINITIONS[kind] for kind in dict.fromkeys(each["kind"] for each in found)),
    )


def _finding(found):
    first = next((each for each in found if each["kind"] == SurveyKind.NPS), None)
    return f"Net promoter score {_plain(first, first['value'])}" if first else "What customers answer"


def _row(each, behind):
    ends = each["interval"]
    between = f"{_plain(each, ends[0])} to {_plain(each, ends[1])}" if ends else "too few yet"
    scale = f"{SurveyKind(each['kind']).label}, {each['scale_min']} to {each['scale_max']}"
    return [
        word(each["survey"] or "(none named)"),
        word(scale),
        Cell(_plain(each, each["value"]), words.exact(each["value"])),
        word(between),
        words.count(each["answers"], link=behind("survey.answers", key=each["survey"], cut=_cut(each))),
    ]


def _cut(each):
    return f"{each['kind']}:{each['scale_min']}-{each['scale_max']}"


def _plain(each, value):
    """Of satisfaction a share; the others on their scale."""
    if each["kind"] == SurveyKind.CSAT:
        return words.percent(value)
    return f"{value:,.0f}".replace("-", "−") if each["kind"] == SurveyKind.NPS else f"{value:,.2f}"
