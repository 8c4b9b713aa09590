"""What a correction makes of the top-ups of periods that are over, worked out before anything is decided anew.

A period's top-up follows from all of its conversions, which stand on many pages. So each page adds up what its
conversions are short of at every step of their tiers, in the rows that counters have; the last page leaves the rest.
"""

from collections import Counter as Sum
from collections import defaultdict

from advocacy.models import Advocate
from rewards import verdicts
from rewards.models import Counter, PreviewedUse, Rule, Subject
from rewards.rules import periods
from rewards.settlement import closing, derived, tiers

# Before a tier's meter: that a period is touched; by how much more it is short, by version and step.
_TOUCHED, _SHORT = "touched/", "short/"
# The version that should have been: it is not saved.
_CORRECTED = 0
_NUMBER = "n"


def noted(found, rule_book):
    """``{place: n}`` to be added to what was noted before, of Cases that were answered."""
    more = Sum()
    for case in found:
        for verdict in case.verdicts:
            if not verdict.no:
                _note(more, case, verdicts.kept(verdict), verdict.terms, 1)
        for said in case.earlier.values():
            _note(more, case, said, rule_book.terms(said["version"], case.subject.occurred_at), -1)
    return more


def marked(found):
    """``{place}``, each to be noted once."""
    return {(rule, f"{_TOUCHED}{cap}", key, period) for rule, cap, key, period in tiers.touched(found)}


def _note(more, case, said, terms, sign):
    whole = tiers.read_as_a_whole(terms)
    if not whole or not tiers.is_topped_up(said, terms):
        return
    used = [use for use in verdicts.earlier(said).uses if use[0] == whole.meter]
    for cap, key, period in used:
        named = f"{_SHORT}{cap}/{terms.version or _CORRECTED}/"
        more[terms.rule, f"{named}{_NUMBER}", key, period] += sign
        for place, step in enumerate((None, *whole.steps)):
            number = tiers.short(said, case.first_facts, case.facts, terms, step)
            more[terms.rule, f"{named}{place}", key, period] += sign * number


def touched(correction, moved):
    """``[(rule, cap, key, period)]`` of all pages; ``moved`` is of this one, and the rest in rows."""
    kept = PreviewedUse.objects.filter(correction=correction, cap__startswith=_TOUCHED) if correction.pk else ()
    known = {(row.rule_id, row.cap, row.key, row.period) for row in kept}
    known |= {place for place in moved if place[1].startswith(_TOUCHED)}
    return sorted((rule, cap.removeprefix(_TOUCHED), key, period) for rule, cap, key, period in known)


def case_of(place, rule_book, at):
    """``(Counter, Case)`` of the top-up of a period that was worked out, or is over and had nothing to work out.

    None, None where it is still to be worked out: then it will be by what is decided then.
    """
    rule_id, cap, key, period = place
    rule = Rule.objects.select_related("program").get(pk=rule_id)
    counter = Counter.objects.filter(rule=rule, cap=cap, key=key, period=period).first()
    if counter is None:
        counter = Counter(rule=rule, cap=cap, key=key, period=period)
        over = _is_over(period, rule_book.reckoned.at(rule.program_id, at).zone, at)
    else:
        counter.rule, over = rule, counter.closed_at is not None
    if not over:
        return None, None
    public_id = derived.public_id(rule.public_id, key, period)
    known = Subject.objects.select_related("program", "advocate__customer").filter(public_id=public_id).first()
    advocate = Advocate.objects.select_related("customer").get(public_id=key)
    (case,) = derived.read([known or closing.subject_of(public_id, counter, advocate, rule_book, at)])
    return counter, case


def _is_over(period, zone, at):
    _, end = periods.of_key(period, zone)
    return end <= at


def otherwise(correction, place, moved, position, terms_at):
    """As ``tiers.missing`` takes it. ``terms_at(version)``: its Terms, of 0 those that should have been."""
    rule, cap, key, period = place
    named = f"{_SHORT}{cap}/"
    rows = PreviewedUse.objects.filter(correction=correction.pk, rule=rule, key=key, period=period)
    sums = {row.cap: row.number for row in rows} if correction.pk else {}
    sums |= {one[1]: number for one, number in moved.items() if (one[0], *one[2:]) == (rule, key, period)}
    versions = defaultdict(dict)
    for name, number in sums.items():
        if name.startswith(named):
            version, step = name.removeprefix(named).split("/")
            versions[int(version)][step] = number
    for version, of_step in versions.items():
        terms = terms_at(version)
        whole = tiers.read_as_a_whole(terms)
        step = whole.reached(position)
        number = 0 if step is None else 1 + whole.steps.index(step)
        yield terms, of_step.get(_NUMBER, 0), of_step.get(str(number), 0)
