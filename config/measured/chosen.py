"""What the page shows of a program in a period, in parts that people look for."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from advocacy.models import Program
from advocacy.refusals import Refused
from config import channel_returns, mention_scores, program_money, survey_scores, touchpoint_gaps
from config.behind import page as behind
from config.measured import expected, funnel, growing, heard, owed, people, returns, surveyed, timed, words, worth
from referrals import buyers, cohorts, growth, lifetime_value, metrics, predictions
from referrals.metrics.catalogue import CUTS
from referrals.models import Cut, DayCut
from rewards.models import Rate

_OF_SEGMENTS = ("cut",)
_OF_SHOP = "Of the whole storefront, whatever period is chosen."
# A chart of each day of more than two years tells nobody anything.
MOST = timedelta(days=731)


@dataclass(frozen=True)
class Choice:
    program: Program
    since: date
    until: date
    at: datetime
    measured: dict
    by: str = ""
    segment: str = ""
    # Of what the program costs; the program's if empty.
    currency: str = ""
    # Who may not see accounts sees no money that is owed.
    money_too: bool = False
    user: object = None

    @property
    def period(self):
        return {"program": self.program, "since": self.since, "until": self.until}

    @property
    def days(self):
        return (self.until - self.since).days + 1

    @property
    def rows(self):
        return behind.leading(**self.period, user=self.user)

    @property
    def named(self):
        return people.naming(self.user)


@dataclass(frozen=True)
class Part:
    """Cards that belong together; without any it is yet to be asked for, by its id."""

    id: str
    title: str
    cards: list = field(default_factory=list)
    said: str = ""


def segments(program):
    """The names of the segments whose advocates have brought anybody."""
    cells = DayCut.objects.filter(program=program, cut=Cut.SEGMENT)
    return list(cells.order_by("key").values_list("key", flat=True).distinct())


def currencies(program):
    """In which what the program costs can be told: its own, and those that rates lead to."""
    targets = Rate.objects.filter(storefront=program.storefront_id).order_by("target").values_list("target", flat=True)
    return list(dict.fromkeys([program.currency, *targets.distinct()]))


def choice(*, program, since, until, by, segment, currency, user, at):
    """Raises Refused for a period, parts, a segment or a currency that cannot be."""
    if currency and currency not in (known := currencies(program)):
        said = f"There are no rates to {currency[:10]!a}; choose one of: {', '.join(known)}."
        raise Refused("bad_currency", said)
    if by and by not in CUTS:
        raise Refused("bad_part", f"There are no parts by {by[:40]!a}; choose one of: {', '.join(CUTS)}.")
    if segment:
        _check_segment(program, segment)
        by = "segment"
    if since and (until or at.date()) - since > MOST:
        raise Refused("long_period", f"At most {MOST.days} days are shown at once; choose a later first day.")
    measured = metrics.of_program(program=program, since=since, until=until, at=at, compare=True)
    return Choice(
        program=program,
        since=measured["period"]["from"],
        until=measured["period"]["to"],
        at=at,
        measured=measured,
        by=by,
        segment=segment,
        currency=currency,
        money_too=user.has_perm("rewards.view_account"),
        user=user,
    )


def _check_segment(program, segment):
    known = segments(program)
    if segment not in known:
        there = f"choose one of: {', '.join(known)}" if known else "nobody’s advocate was in any yet"
        raise Refused("bad_segment", f"There is no segment {segment[:40]!a} in this program; {there}.")


def parts(choice):
    """What there is to see, as (id, title), from the top."""
    return [
        ("brought", "What it brought"),
        *([("cut", f"By {choice.by}")] if choice.by else []),
        ("growing", "How it grows"),
        ("worth", "What customers are worth"),
        ("back", "Who comes back"),
        ("expected", "What is expected"),
        ("said", "What customers say"),
        *([("owed", "What it costs")] if choice.money_too else []),
    ]


def part(choice, name):
    """A Part with its cards."""
    told = _CARDS[name](choice)
    cards, said = told if isinstance(told, tuple) else (told, "")
    if choice.segment and name not in _OF_SEGMENTS:
        said = f"{said} Not of {choice.segment} alone, but of everybody.".strip()
    return Part(id=name, title=dict(parts(choice))[name], cards=cards, said=said)


def _brought(choice):
    return [
        funnel.funnel(choice.measured, choice.rows),
        funnel.rates(choice.measured, choice.rows),
        timed.taken(choice.measured, choice.rows),
        funnel.trend(choice.measured, metrics.series(**choice.period, at=choice.at), choice.rows),
    ]


def _cut(choice):
    names = funnel.RATES if choice.segment else funnel.OF_PARTS
    compare = bool(choice.segment)
    measured = metrics.of_program(**choice.period, at=choice.at, group_by=choice.by, compare=compare, names=names)
    called = people.of_groups(measured["groups"], choice.named) if choice.by == "advocate" else {}
    cards = [funnel.parts(measured, choice.rows, by=choice.by, called=called)]
    return [funnel.of_segment(measured, choice.rows, choice.segment), *cards] if choice.segment else cards


def _growing(choice):
    tallies, viral = growth.read(program=choice.program), growth.virality(**choice.period, at=choice.at)
    return [
        growing.virality(viral, choice.days, choice.rows),
        growing.forecast(viral, choice.days),
        growing.channels(growth.channels(**choice.period), choice.rows),
        growing.best(
            growth.top_advocates(**choice.period, at=choice.at),
            choice.program.currency,
            choice.rows,
            choice.named,
            without=words.not_in_revenue(choice.measured["revenue"]),
        ),
        growing.trees(tallies, choice.rows),
        growing.hours(tallies, choice.rows),
        growing.products(tallies, choice.rows),
    ]


def _worth(choice):
    storefront = choice.program.storefront
    compared = lifetime_value.compare(storefront=storefront, at=choice.at)
    drawn = lifetime_value.curve(storefront=storefront, at=choice.at)
    return [
        worth.values(compared, choice.rows, storefront.margin),
        worth.curves(drawn, storefront.currency, choice.rows, storefront.margin),
    ], _of_shop(storefront)


def _back(choice):
    told = cohorts.triangle(storefront=choice.program.storefront, at=choice.at)
    return [worth.triangle(told, choice.rows)], _of_shop(choice.program.storefront)


def _expected(choice):
    storefront = choice.program.storefront
    told = predictions.told(storefront=storefront)
    return [
        expected.models(*told, storefront.currency, choice.rows),
        expected.at_risk(storefront, choice.rows, choice.named),
        expected.left_behind(storefront, choice.rows, choice.named),
    ], " ".join(filter(None, (expected.said(*told), _elsewhere(storefront))))


def _of_shop(storefront):
    return " ".join(filter(None, (_OF_SHOP, _elsewhere(storefront))))


def _elsewhere(storefront):
    return words.elsewhere(buyers.elsewhere(storefront=storefront), storefront.currency)


def _said(choice):
    days = {"storefront": choice.program.storefront, "since": choice.since, "until": choice.until}
    return [
        surveyed.scores(survey_scores.scores(**days), choice.rows),
        heard.gaps(touchpoint_gaps.of_days(**days, segment=choice.segment), choice.segment, choice.rows),
        heard.mentions(mention_scores.of_days(**days), choice.rows),
    ], "Of the whole storefront."


def _owed(choice):
    told = program_money.of_program(**choice.period, at=choice.at, currency=choice.currency)
    of_channels = channel_returns.channel_risk(storefront=choice.program.storefront, at=choice.at)
    return [
        owed.cost(told, choice.rows),
        owed.gained(told, choice.rows),
        owed.liability(told, choice.rows),
        returns.channels(of_channels, choice.rows),
    ]


_CARDS = {
    "brought": _brought,
    "cut": _cut,
    "growing": _growing,
    "worth": _worth,
    "back": _back,
    "expected": _expected,
    "said": _said,
    "owed": _owed,
}
