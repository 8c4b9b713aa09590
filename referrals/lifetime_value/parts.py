"""The parts of each cut: its customers, whom they are compared with, and what both have that is alike."""

import re
from collections import defaultdict
from dataclasses import dataclass

from advocacy import ids, persons
from advocacy.models import Advocate, Program
from advocacy.refusals import NotFound, Refused
from referrals.lifetime_value import sums, words

CUTS = tuple(words.COMPARED_WITH)


class BadCut(Refused):
    """A way to cut values that cannot be; it is a question that cannot be understood."""

    status = 400


@dataclass(frozen=True)
class Part:
    """``sides``: ``{days: Worth}`` of the part's own customers and of the others."""

    key: str
    name: str
    sides: tuple
    strata: list | None
    called: tuple = ("referred", "other")


def of(*, storefront, cut, key, at):
    """The parts of a cut, or of those the one that ``key`` names."""
    if cut not in CUTS:
        raise refused("cut", f"There is no cut “{cut}”; write one of {', '.join(CUTS)}.")
    if cut == "cohort" and key is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", key, re.ASCII):
        raise refused("key", f"“{key}” is no month; write one such as 2026-11.")
    if cut == "advocate":
        return [_of_advocate(storefront, key, at)]
    found = _MADE[cut](storefront, at, key)
    if key is None or cut == "program":
        return found
    return [part for part in found if part.key == key] or [Part(key, key, ({}, {}), strata=[])]


def refused(field, sentence):
    return BadCut("bad_cut", sentence, errors={field: sentence})


def size(part):
    """How many customers of its own a part has, of whatever age."""
    worth = next(iter(part.sides[0].values()), sums.NOBODY)
    return worth.sample.size + worth.too_young


def pairs(strata, *, program=None):
    """``{storefront's pk: {(month, band, segment): [the referred, the others]}}``; the referred of one program only."""
    found = defaultdict(lambda: defaultdict(lambda: [{}, {}]))
    for (key, month, band, segment, brought_to), worth in strata.items():
        pair = found[key][month, band, segment]
        if not brought_to:
            pair[1] = worth
        elif program in (None, brought_to):
            pair[0] = sums.added([pair[0], worth]) if pair[0] else worth
    return found


def _asked(question, storefront, at):
    """Its groups without the storefront."""
    return {group[1:]: worth for group, worth in sums.of(question, storefronts=[storefront.pk], at=at).items()}


def _not_brought(storefront, at):
    return _asked("all", storefront, at).get(("other",), {})


def _of_programs(storefront, at, key):
    programs = Program.objects.filter(storefront=storefront)
    if key is not None:
        public_id = ids.decode("prg", key)
        programs = programs.filter(public_id=public_id) if public_id else programs.filter(slug=key)
        if not programs:
            raise NotFound("unknown_program", "There is no such program.")
    worths, others = _asked("program", storefront, at), _not_brought(storefront, at)
    strata = sums.of("strata", storefronts=[storefront.pk], at=at)
    return [
        Part(
            key=ids.encode("prg", program.public_id),
            name=program.name,
            sides=(worths.get((str(program.pk),), {}), others),
            strata=list(pairs(strata, program=program.pk)[storefront.pk].values()),
        )
        for program in programs.order_by("pk")
    ]


def _of_advocate(storefront, key, at):
    if key is None:
        raise refused("key", "Name the advocate by their id: key=adv_….")
    mine = Advocate.objects.filter(storefront=storefront, public_id=ids.decode("adv", key))
    advocate = persons.survivor(mine.first())
    if advocate is None:
        raise NotFound("unknown_advocate", "There is no such advocate.")
    friends = sums.of_friends(storefront=storefront.pk, advocates=persons.advocates_of(advocate), at=at)
    others = {group: pair[1] for group, pair in _strata(storefront, at).items()}
    strata = [[worth, others.get(group[1:], {})] for group, worth in friends.items()]
    return Part(
        key=ids.encode("adv", advocate.public_id),
        name=advocate.display_name or str(advocate),
        sides=(sums.added(friends.values()), _not_brought(storefront, at)),
        strata=strata,
    )


def _strata(storefront, at):
    return pairs(sums.of("strata", storefronts=[storefront.pk], at=at))[storefront.pk]


def _of_channels(storefront, at, key):
    worths = {channel: worth for (channel,), worth in _asked("channel", storefront, at).items()}
    return [
        Part(
            key=channel,
            name=channel or "not known",
            sides=(worth, sums.added(other for name, other in worths.items() if name != channel)),
            strata=None,
            called=("such", "other"),
        )
        for channel, worth in sorted(worths.items())
    ]


def _of_segments(storefront, at, key):
    return _by(_strata(storefront, at), lambda month, band, segment: segment, lambda segment: segment or "no segment")


def _of_cohorts(storefront, at, key):
    return _by(_strata(storefront, at), lambda month, band, segment: f"{month:%Y-%m}", str)


def _by(strata, named, shown):
    """Strata that have the same name, together."""
    found = defaultdict(list)
    for group, pair in strata.items():
        found[named(*group)].append(pair)
    return [
        Part(
            key=name,
            name=shown(name),
            sides=tuple(sums.added(pair[side] for pair in mine) for side in (0, 1)),
            strata=mine,
        )
        for name, mine in sorted(found.items())
    ]


_MADE = {"program": _of_programs, "channel": _of_channels, "segment": _of_segments, "cohort": _of_cohorts}
