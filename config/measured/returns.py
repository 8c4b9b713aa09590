"""What acquisition channels returned on their cost, and how that moves with all of them together."""

from config.measured import words
from config.measured.cards import Card, Cell, word
from referrals.models import Channel

_REWARDS = "The cost of referral is what was noted and the rewards."


def channels(told, behind):
    found = told["channels"]
    return Card(
        id="channel_risk",
        title=_finding([each for each in found if each["alpha"] is not None]),
        head=(
            *("Channel", "Months with costs", "Revenue", "Cost", "Return of a month, mean"),
            *("Beta", "Expected return", "Alpha", "Why no beta"),
        ),
        rows=[_row(each, told["currency"], behind) for each in found],
        empty=told["reason"],
        said=(f"Of the whole storefront, {told['period']['from']} to {told['period']['to']}.", *_said(told)),
    )


def _finding(known):
    if not known:
        return "Risk and return of channels"
    best = max(known, key=lambda each: each["alpha"])
    more = "more" if best["alpha"] > 0 else "less"
    each = f"{words.percent(abs(best['alpha']))} of its cost a month"
    return f"{_called(best)} returned {each} {more} than its risk lets expect"


def _called(each):
    return Channel(each["channel"]).label


def _row(each, unit, behind):
    key = each["channel"]
    # What referral cost is of two kinds, each with rows of its own.
    cost = "" if key == Channel.REFERRAL else behind("channel_return.cost", key=key)
    return [
        word(_called(each)),
        words.count(each["months"]),
        words.amount(each["revenue_minor"], unit, link=behind("channel_return.revenue", key=key)),
        words.amount(each["cost_minor"], unit, link=cost),
        words.share(each["mean"]),
        Cell(words.NONE, "") if each["beta"] is None else Cell(f"{each['beta']:.2f}", words.exact(each["beta"])),
        words.share(each["expected"]),
        words.share(each["alpha"]),
        word(each["reason"]),
    ]


def _said(told):
    yield told["definition"]["sentence"]
    yield _REWARDS
    if told["left_out"]:
        yield f"Left out: costs in {', '.join(told['left_out'])}."
    if without := words.elsewhere(told["elsewhere"], told["currency"]):
        yield without
