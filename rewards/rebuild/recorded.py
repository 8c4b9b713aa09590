"""What was written down of decisions and moves, read from the real tables in the order in which it happened.

Ids are given out while the locks are held that order what meets, so their order is a true one: of decisions because
counters are locked, of transfers because rewards and accounts are.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import connection

from rewards.settlement.milestones import STEP
from rewards.settlement.tiers import TOP_UP

# As many rows as one call of settling takes at most.
_BATCH = 500
_DECISIONS = """
    SELECT decision.number, decision.version, decision.correction, decision.decided_at,
        CASE WHEN subject.kind = 'conversion' THEN NULL ELSE decision.facts END AS facts,
        subject.program_id, subject.trigger::text AS trigger, subject.kind::text AS kind, subject.public_id AS subject,
        subject.advocate_id, event.id AS event
    FROM {live}.rewards_decision decision JOIN {live}.rewards_subject subject ON subject.id = decision.subject_id
    LEFT JOIN {live}.advocacy_event event ON event.subject_kind = subject.kind
        AND event.subject_id = subject.public_id AND event.version = decision.version
    WHERE subject.storefront_id = %s ORDER BY decision.id
"""
_TOGETHER = """
    SELECT subject.program_id, subject.trigger::text, subject.public_id, decision.number,
        COALESCE(jsonb_path_query_first(decision.verdicts, '$[*].with'), decision.facts -> 'with')::text
    FROM {live}.rewards_decision decision JOIN {live}.rewards_subject subject ON subject.id = decision.subject_id
    WHERE decision.verdicts @? '$[*].with'
       OR subject.trigger IN ('{top_up}', '{step}') AND decision.facts -> 'with' IS NOT NULL
"""
_MOVES = """
    SELECT program_id, trigger, subject, rule_id, side, reward, move, leg, amount, reference, at, decided
    FROM rebuild_move WHERE storefront_id = %s ORDER BY id
"""


@dataclass(slots=True)
class Decided:
    number: int
    version: int
    correction: UUID | None
    decided_at: datetime
    facts: dict | None
    program_id: int
    trigger: str
    kind: str
    subject: UUID
    advocate_id: int | None
    event: int | None

    @property
    def key(self):
        return self.program_id, self.trigger, self.subject

    @property
    def derived(self):
        return self.trigger in (STEP, TOP_UP)


@dataclass(slots=True)
class Leg:
    program_id: int
    trigger: str
    subject: UUID
    rule_id: int | None
    side: str
    reward: int
    move: int
    leg: str
    amount: int
    reference: UUID | None
    at: datetime
    decided: int | None

    @property
    def key(self):
        return self.program_id, self.trigger, self.subject, self.rule_id, self.side


def storefronts(live):
    """The ids of those of which anything was decided or given. Each has a time of its own: a test twin's is ahead."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT storefront_id FROM {live}.rewards_subject ORDER BY 1")  # noqa: S608
        return [pk for (pk,) in cursor.fetchall()]


def count(live):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {live}.rewards_decision")  # noqa: S608 - our own name
        return cursor.fetchone()[0]


def together(live):
    """``{(program, trigger, subject, number): with whom}`` of the decisions that counted merged persons together."""
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER.format(live=live, top_up=TOP_UP, step=STEP))
        return {tuple(key): json.loads(said) for *key, said in cursor.fetchall()}


def decisions(live, storefront):
    """Lists of Decided that were made by one call: of one moment and cause, each subject once, what is derived last."""
    group, subjects = [], set()
    for each in _rows(_DECISIONS.format(live=live), Decided, storefront):
        each.facts = each.facts and json.loads(each.facts)
        if group and not _belongs(each, group, subjects):
            yield group
            group, subjects = [], set()
        group.append(each)
        subjects.add(each.key)
    if group:
        yield group


def _belongs(each, group, subjects):
    last = group[-1]
    if (each.decided_at, each.correction) != (last.decided_at, last.correction) or each.key in subjects:
        return False
    if (each.trigger == TOP_UP) != (last.trigger == TOP_UP) or len(group) >= _BATCH:
        return False
    # One call decides in the order of the events, and then what is derived.
    return each.derived or (not last.derived and (each.event or 0) >= (last.event or 0))


def moves(storefront):
    """Lists of Leg, each one move of one reward, in the order in which they were made."""
    for _, legs in groupby(_rows(_MOVES, Leg, storefront), attrgetter("reward", "move")):
        yield list(legs)


def _rows(statement, kind, storefront):
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, [storefront])
        while rows := cursor.fetchmany(1000):
            for row in rows:
                yield kind(*row)
