"""A simulation's result in words, sums and drawings, for its page."""

from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from advocacy import drawing, ids, money, reading, reasons
from advocacy.admin import words
from advocacy.models import Advocate
from rewards.models import Rule

# With fewer a chart would show chance.
ENOUGH = 5
# More days than these are drawn by week.
MOST_DAYS = 45


def told(job):
    """What the template shows of a job that is done."""
    result = job.result
    zone = ZoneInfo(result["time_zone"])
    start = datetime.fromisoformat(result["from"]).astimezone(zone)
    until = datetime.fromisoformat(result["until"]).astimezone(zone)
    when, draft = _when(start, until), job.parameters["draft"]
    people = _people(result["units"])
    return {
        "when": when,
        "subjects": result["subjects"],
        "enough": result["subjects"] >= ENOUGH,
        "draft_name": draft and draft["name"],
        "rule": Rule.objects.filter(pk=job.parameters["replaced"]).first(),
        "sheets": [_sheet(sheet, when, start, until, people) for sheet in result["units"]],
    }


def _when(start, until):
    """“in October 2026”, or “from 3 Oct to 5 Nov 2026”, the last day included."""
    last = until - timedelta(microseconds=1)
    whole = start.day == 1 and until.day == 1 and (start.year, start.month) == (last.year, last.month)
    if whole:
        return f"in {date_format(start, 'F Y')}"
    return f"from {date_format(start, 'j M Y')} to {date_format(last, 'j M Y')}"


def _people(units):
    named = {each["advocate"] for sheet in units for each in (*sheet["advocates"], *sheet["biggest"])} - {None}
    rows = Advocate.objects.filter(public_id__in=[ids.decode("adv", name) for name in named])
    return {ids.encode("adv", row.public_id): row for row in rows.select_related("customer")}


def _sheet(sheet, when, start, until, people):
    unit = sheet["unit"]

    def plain(minor):
        return reading.plain(minor, unit)

    def sums(each):
        return {
            "today": _number(plain(each["today_minor"])),
            "draft": _number(plain(each["draft_minor"])),
            "difference": _number(_signed(each["difference_minor"], unit)),
        }

    days = _filled(sheet["days"], start.date(), (until - timedelta(microseconds=1)).date())
    points = days if len(days) <= MOST_DAYS else _weeks(days)
    return {
        "unit": unit,
        # Said once above a table, whose columns are then narrow enough for a phone.
        "amounts_in": "In points." if unit == money.POINTS else f"Amounts in {unit}.",
        "finding": _finding(sheet, when),
        "today": plain(sheet["today"]["amount_minor"]),
        "draft": plain(sheet["draft"]["amount_minor"]),
        "counts": [
            {"word": word, "number": sheet[kind]["rewards"], "amount": _signed(sheet[kind]["amount_minor"], unit)}
            for kind, word in (("added", "added"), ("removed", "no more"), ("changed", "of another amount"))
        ],
        "reality": _reality(sheet, unit),
        "by": "day" if points is days else "week",
        "chart": _chart(points, unit),
        "points": [sums(point) | {"label": point["label"]} for point in points],
        "segments": [sums(each) | {"name": each["segment"] or "In none"} for each in sheet["segments"]],
        "segmented": any(each["segment"] for each in sheet["segments"]),
        "advocates": [sums(each) | {"name": words.link(people.get(each["advocate"]))} for each in sheet["advocates"]],
        "more_advocates": sheet["advocates_in_all"] - len(sheet["advocates"]),
        "biggest": [_change(each, unit, people) for each in sheet["biggest"]],
    }


def _finding(sheet, when):
    unit, difference = sheet["unit"], sheet["difference_minor"]
    given = "given" if unit == money.POINTS else "cost"
    if not difference:
        return f"The draft would have {given} the same {when}: {reading.plain(sheet['draft']['amount_minor'], unit)}"
    return f"The draft would have {given} {reading.plain(abs(difference), unit)} {_more(difference)} {when}"


def _more(difference):
    return "more" if difference > 0 else "less"


def _signed(minor, unit):
    return f"+{reading.plain(minor, unit)}" if minor > 0 else reading.plain(minor, unit).replace("-", "−")


def _number(amount):
    """Without its unit."""
    return amount.rpartition(" ")[0]


def _reality(sheet, unit):
    really, apart = sheet["really"], sheet["really"]["simulated_less_really_minor"]
    paid = f"Really owed of these days is {reading.plain(really['amount_minor'], unit)} in {really['rewards']} rewards"
    if not apart:
        return f"{paid}: exactly what today’s rules come to here."
    return (
        f"{paid}; today’s rules come to {reading.plain(abs(apart), unit)} {_more(apart)} here. Rules may have been "
        "other ones then, and refunds are counted from the start."
    )


def _filled(days, first, last):
    known = {each["day"]: each for each in days}
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    nothing = {"today_minor": 0, "draft_minor": 0, "difference_minor": 0}
    found = [nothing | known.get(day.isoformat(), {}) | {"day": day} for day in every]
    return [each | {"label": date_format(each["day"], "j M").replace(" ", "\u00a0")} for each in found]


def _weeks(days):
    summed = []
    for monday, each in groupby(days, lambda point: point["day"] - timedelta(days=point["day"].weekday())):
        week = list(each)
        sums = {name: sum(day[name] for day in week) for name in ("today_minor", "draft_minor", "difference_minor")}
        summed.append(sums | {"label": f"week of {date_format(monday, 'j M')}"})
    return summed


def _chart(points, unit):
    chart = drawing.pairs(points, first="today_minor", second="draft_minor")
    if chart:
        for bar in (bar for pair in chart["pairs"] for bar in pair):
            bar["text"] = reading.plain(bar["value"], unit)
        chart |= {"first": points[0]["label"], "last": points[-1]["label"]}
        chart["one_top"] = (
            chart["top"][1] if chart["top"][1]["height"] >= chart["top"][0]["height"] else chart["top"][0]
        )
    return chart


def _change(each, unit, people):
    kind, _, _ = each["subject"].partition("_")
    why = each["reason_after"] if each["after_minor"] < each["before_minor"] else each["reason_before"]
    return {
        "subject": words.why(each["subject"]) if kind == ids.PREFIXES["conversion"] else each["subject"],
        "advocate": words.link(people.get(each["advocate"])),
        "before": _number(reading.plain(each["before_minor"], unit)),
        "after": _number(reading.plain(each["after_minor"], unit)),
        "difference": _number(_signed(each["after_minor"] - each["before_minor"], unit)),
        "why": _reason(why) if why else "Another amount.",
    }


def _reason(key):
    """The staff text, or the key in words where the text lives of numbers that are not kept here."""
    text = reasons.staff(key)
    return f"{key.replace('_', ' ').capitalize()}." if "?" in text else text
