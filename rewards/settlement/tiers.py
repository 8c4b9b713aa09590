"""The whole-amount reading of tiers: when a period is over, all of its conversions are raised to the tier reached.

Each conversion was paid by the tier reached with it. One top-up an advocate, rule and period pays the difference to the
tier that the period ended at; worked out anew when something of the period changes later.
"""

from collections import Counter as Sum
from collections import defaultdict
from datetime import timedelta

from django.db import connection

from advocacy.models import Event
from rewards.models import Decision, Subject
from rewards.rules import amounts, periods
from rewards.rules.terms import ADVOCATE, TIER, WHOLE

TOP_UP = "tier"
# No zone is further from UTC.
_APART = timedelta(days=1)
# A batch touches hundreds of them: as conditions of a queryset the planner alone would take most of a second.
_REOPEN = """
    UPDATE rewards_counter counter SET closed_at = NULL
    FROM unnest(%s::bigint[], %s::text[], %s::uuid[], %s::text[]) AS touched (rule_id, cap, key, period)
    WHERE (counter.rule_id, counter.cap, counter.key, counter.period)
        = (touched.rule_id, touched.cap, touched.key, touched.period) AND counter.closed_at IS NOT NULL
"""


def reopen(found):
    """Have the top-ups of these decided Cases' periods worked out again, where they were already."""
    if places := touched(found):
        with connection.cursor() as cursor:
            cursor.execute(_REOPEN, [list(column) for column in zip(*places, strict=True)])


def touched(found):
    """``{(rule, cap, key, period)}``: the counters of the periods that these decided Cases count or counted in."""
    return {
        (rule, cap, name, period)
        for case in found
        for rule, (cap, key, period) in _counted(case)
        for name in (key, *case.others.get("advocate", ()))
    }


def _counted(case):
    """``(rule, place)`` of what it counts for, and of what it counted for: what is refused at once reads no counter."""
    for verdict in case.verdicts:
        if whole := read_as_a_whole(verdict.terms):
            yield from ((verdict.terms.rule, key) for meter, key, _ in verdict.meters if meter.cap == whole.meter)
    for rule, earlier in (case.question.before or {}).items():
        yield from ((rule, key) for key in earlier.uses if key[0].startswith(TIER))


def read_as_a_whole(terms):
    """The advocate's tiers where they are read as a whole."""
    tiers = terms.amounts.benefits[ADVOCATE].tiers if ADVOCATE in terms.amounts.benefits else None
    return tiers if tiers and tiers.reading == WHOLE and tiers.period != periods.ALL else None


def missing(subject, counter, position, rule_book, *, otherwise=(), conversions=None):
    """``(minor units, Terms, review)``: what the period's conversions would be owed at the tier reached with this
    position, less what they are; held while one of them is, as a review may take the tier away.

    ``otherwise``: ``[(Terms, how many more conversions count by them, minor units more)]`` of what is not decided yet.
    ``conversions``: what ``conversions_of`` found for it, where that was asked for many at once.
    """
    if conversions is None:
        conversions = conversions_of([(subject, counter)])[place_of(subject, counter)]
    total, review, by_version, counted = 0, "clear", {}, Sum()
    for said, first, now, occurred_at in conversions:
        review = "held" if now.get("advocate_review") == "held" else review
        terms = rule_book.terms(said["version"], occurred_at)
        if not is_topped_up(said, terms):
            continue
        total += short(said, first, now, terms, read_as_a_whole(terms).reached(position))
        by_version.setdefault(terms.version, terms)
        counted[terms.version] += 1
    for terms, number, more in otherwise:
        total += more
        by_version.setdefault(terms.version, terms)
        counted[terms.version] += number
    standing = [terms for version, terms in by_version.items() if counted[version] > 0]
    return total, max(standing, key=lambda one: one.number, default=None), review


def is_topped_up(said, terms):
    """Whether what these Terms decided so is raised. Amounts in an order's own currency are other units: they stay as
    they were paid.
    """
    unit = said.get("units", {}).get(ADVOCATE, said["unit"])
    return read_as_a_whole(terms) is not None and unit == terms.amounts.benefits[ADVOCATE].unit


def short(said, first, now, terms, step):
    """What a conversion would be owed at this step (None: below the first), less what it is."""
    benefit = terms.amounts.benefits[ADVOCATE]
    wanted = amounts.at_step(benefit, step, _in_unit(first, said, terms), terms)
    return amounts.owed(benefit, now, ADVOCATE, wanted, first, terms=terms) - said["owed"][ADVOCATE]


def place_of(subject, counter):
    """Of which advocate, rule, tiers and period a top-up is, by the ids and keys that decisions keep."""
    return subject.advocate_id, counter.rule_id, counter.cap, counter.period


def conversions_of(pairs):
    """``{place: [(verdict, first facts, newest facts, when it occurred)]}`` of what counted for the periods' tiers.

    ``pairs``: ``[(top-up's subject, counter of its period)]``. Two queries, however many.
    """
    # Whichever zones its days were counted by: what counted names the period.
    spans = [periods.of_key(counter.period, "UTC") for _, counter in pairs]
    mine = Subject.objects.filter(
        advocate__in={subject.advocate_id for subject, _ in pairs},
        occurred_at__gte=min(start for start, _ in spans) - _APART,
        occurred_at__lt=max(end for _, end in spans) + _APART,
    )
    decisions = (
        Decision.objects.filter(subject__in=mine.exclude(trigger=TOP_UP))
        .select_related("subject")
        .order_by("subject_id", "-number")
        .distinct("subject_id")
    )
    wanted = {place_of(subject, counter) for subject, counter in pairs}
    counted = [each for decision in decisions for each in _places(decision) if each[0] in wanted]
    facts = _facts([(decision, said) for _, decision, said in counted])
    found = defaultdict(list)
    for place, decision, said in counted:
        each = facts[decision.subject.public_id]
        newest = decision.facts or each[decision.version]
        found[place].append((said, each[min(each)], newest, decision.subject.occurred_at))
    return found


def _places(decision):
    """``(place, decision, verdict)`` of every tier that it counted for."""
    for said in decision.verdicts:
        for cap, period in {(cap, period) for cap, _, period, _ in said.get("uses", ())}:
            yield (decision.subject.advocate_id, said["rule"], cap, period), decision, said


def _facts(counted):
    """``{subject's public id: {version: facts}}`` of their first and their newest events."""
    found = defaultdict(dict)
    ids = [decision.subject.public_id for decision, _ in counted]
    versions = {1, *(decision.version for decision, _ in counted)}
    rows = Event.objects.filter(subject_id__in=ids, version__in=versions)
    for subject, version, facts in rows.values_list("subject_id", "version", "facts"):
        found[subject][version] = facts
    return found


def _in_unit(first, said, terms):
    if "rate" not in said:
        return first
    return amounts.converted(first, amounts.minor_rate(said["rate"]["rate"], first["currency"], terms.unit))
