"""The periods of tiers that are read as a whole: closed when they were over, and worked out for what counts now."""

from dataclasses import dataclass

from advocacy.checking import Check
from rewards import book
from rewards.models import Counter, Subject
from rewards.rules.terms import ADVOCATE, TIER
from rewards.settlement import tiers
from rewards.settlement.tiers import TOP_UP

# By the first and the last zone of the world, as a period ends in the program's: who looks with both is never too
# strict. Keys of one length are in order of time.
_LAST, _FIRST = "INTERVAL '-12 hours'", "INTERVAL '14 hours'"


def _key(moment, apart):
    """The period of the counter's length that a moment is in, that far from UTC."""
    local = f"{moment} AT TIME ZONE 'UTC' + {apart}"
    return f"""CASE LENGTH(counter.period) WHEN 4 THEN to_char({local}, 'YYYY') WHEN 7 THEN to_char({local}, 'YYYY-MM')
        WHEN 8 THEN to_char({local}, 'IYYY-"W"IW') ELSE to_char({local}, 'YYYY-MM-DD') END"""


# Closing makes a row for each period, also where there was nothing to raise.
_CLOSED = f"""
    SELECT counter.id, counter.period, counter.closed_at FROM rewards_counter counter
    WHERE counter.closed_at IS NOT NULL AND (
        counter.cap NOT LIKE '{TIER}%' OR counter.period = 'all' OR
        {_key("counter.closed_at", _FIRST)} <= counter.period OR NOT EXISTS (
            SELECT FROM rewards_subject subject
            JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id
            WHERE subject.trigger = '{TOP_UP}' AND advocate.public_id = counter.key
                AND counter.period >= {_key("subject.occurred_at", _LAST)}
                AND counter.period <= {_key("subject.occurred_at", _FIRST)}
        ))
    ORDER BY counter.id
"""  # noqa: S608 - our own names
# What was counted together with another record of the same person stays as it was told when they are parted.
# A rule that counted orders first and revenue later has two counters of a period; it was closed with one of them.
_TOP_UPS = f"""
    WITH closed AS (
        SELECT rule_id, key, period, array_agg(used) AS used FROM rewards_counter WHERE cap LIKE '{TIER}%'
        GROUP BY rule_id, key, period HAVING bool_and(closed_at IS NOT NULL)
    )
    SELECT subject.id, closed.period, decision.facts ->> 'position' AS position, closed.used[1] AS used
    FROM rewards_subject subject
    JOIN rewards_decision decision
        ON decision.subject_id = subject.id AND decision.number = subject.decisions_made
    JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id,
        jsonb_array_elements(decision.verdicts) AS verdict
    JOIN closed ON closed.rule_id = (verdict ->> 'rule')::bigint
    WHERE subject.trigger = '{TOP_UP}' AND closed.key = advocate.public_id AND NOT decision.facts ? 'with'
        AND closed.period = decision.facts ->> 'period'
        AND (decision.facts ->> 'position')::bigint <> ALL (closed.used)
    ORDER BY subject.id
"""  # noqa: S608
# What was granted less of is said with a reason: a cap, or an advocate who was paused.
_AMOUNTS = f"""
    WITH closed AS (
        SELECT rule_id, key, period, array_agg(id) AS counters FROM rewards_counter WHERE cap LIKE '{TIER}%'
        GROUP BY rule_id, key, period HAVING bool_and(closed_at IS NOT NULL)
    )
    SELECT subject.id, closed.period, closed.counters, (decision.facts ->> 'position')::bigint AS position,
        (decision.facts ->> 'missing_minor')::bigint AS missing,
        COALESCE((verdict -> 'granted' ->> '{ADVOCATE}')::bigint, 0) AS granted,
        jsonb_array_length(COALESCE(verdict -> 'reasons' -> '{ADVOCATE}', verdict -> 'refusal')) > 0 AS cut
    FROM rewards_subject subject
    JOIN rewards_decision decision
        ON decision.subject_id = subject.id AND decision.number = subject.decisions_made
    JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id,
        jsonb_array_elements(decision.verdicts) AS verdict
    JOIN closed ON closed.rule_id = (verdict ->> 'rule')::bigint
    WHERE subject.trigger = '{TOP_UP}' AND closed.key = advocate.public_id AND NOT decision.facts ? 'with'
        AND closed.period = decision.facts ->> 'period'
    ORDER BY subject.id
"""  # noqa: S608


@dataclass(frozen=True)
class _Read:
    """What the top-ups of a page are worked out from; ``conversions`` as of ``tiers.conversions_of``."""

    subjects: dict
    counters: dict
    conversions: dict
    rule_book: book.Book


def _read(rows):
    subjects = Subject.objects.select_related("program").in_bulk([row["id"] for row in rows])
    counters = Counter.objects.in_bulk({pk for row in rows for pk in row["counters"]})
    pairs = [(subjects[row["id"]], counters[pk]) for row in rows for pk in row["counters"]]
    rule_book = book.of_storefronts({subject.storefront_id for subject in subjects.values()})
    return _Read(subjects, counters, tiers.conversions_of(pairs), rule_book)


def _amount(*, id, period, counters, position, missing, granted, cut, read):
    """The tiers are worked out as when it was closed, from the conversions as they were decided last."""
    subject = read.subjects[id]
    places = {pk: tiers.place_of(subject, read.counters[pk]) for pk in counters}
    short = {
        tiers.missing(subject, read.counters[pk], position, read.rule_book, conversions=read.conversions[place])[0]
        for pk, place in places.items()
    }
    if missing not in short:
        wanted = " or ".join(map(str, sorted(short)))
        return f"The top-up {id} of {period} was worked out to be {missing}; the period's conversions say {wanted}."
    wanted = max(missing, 0)
    if granted > wanted or (granted < wanted and not cut):
        return f"The top-up {id} of {period} grants {granted}; {wanted} were missing."
    return None


CHECKS = (
    Check(
        "closed periods",
        _CLOSED,
        "Counter {id} of {period} was closed {closed_at}, which was no end of a period that was worked out.",
    ),
    Check(
        "top-ups",
        _TOP_UPS,
        "The top-up {id} of {period} was worked out at {position}; what counts in the period is {used}.",
    ),
    Check("top-ups' amounts", _AMOUNTS, _amount, _read),
)
