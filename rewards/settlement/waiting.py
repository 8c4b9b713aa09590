"""Decide what waited for an exchange rate, as soon as there is one; in the order in which it was first decided.

What is looked for follows from the rates that came, not from what waits: nobody's orders without a rate keep others'
from being decided. Storefronts take turns.
"""

import logging
from datetime import timedelta

from django.db import connection

from advocacy.outbox.interruptions import pass_on
from advocacy.periodic import alone
from rewards import book, locks, rates
from rewards.models import Rate
from rewards.rules import RATE_MISSING
from rewards.settlement import cases
from rewards.settlement.settle import again

log = logging.getLogger(__name__)

# A settling that did not see a rate yet may end after we looked for what waits; none takes so long.
_LAST_LOOK = timedelta(minutes=1)
# So many are found by one look: it goes through all that waits for the rates, which a look for each batch would again.
LOOK = 5_000
_READY = """
    WITH told AS MATERIALIZED (
        -- Days of UTC, each once however many rates stand in for it; a program's own day is at most one apart.
        SELECT DISTINCT storefront_id, currency, day + apart AS day
        FROM rewards_rate, generate_series(-1, %(oldest)s + 1) AS apart WHERE NOT served
    ), ready AS (
        SELECT subject.id, subject.storefront_id, first.id AS decided
        FROM told
        JOIN rewards_subject subject ON subject.storefront_id = told.storefront_id
            AND subject.waits_for = %(missing)s || ' ' || told.currency AND subject.waits_for <> ''
            AND subject.occurred_at >= told.day::timestamp AT TIME ZONE 'UTC'
            AND subject.occurred_at < (told.day + 1)::timestamp AT TIME ZONE 'UTC'
        JOIN advocacy_program program ON program.id = subject.program_id
        -- What the program counted by then.
        LEFT JOIN LATERAL (
            SELECT currency, time_zone FROM advocacy_reckoning ended
            WHERE ended.program_id = program.id AND ended.until > subject.occurred_at ORDER BY until, id LIMIT 1
        ) AS reckoned ON true
        JOIN rewards_decision first ON first.subject_id = subject.id AND first.number = 1
        WHERE subject.id <> ALL(%(passed)s::bigint[]) AND EXISTS (
            SELECT FROM rewards_rate rate
            WHERE NOT rate.served AND rate.storefront_id = told.storefront_id AND rate.currency = told.currency
                AND rate.target = COALESCE(reckoned.currency, program.currency)
                AND (subject.occurred_at AT TIME ZONE COALESCE(reckoned.time_zone, program.time_zone))::date - rate.day
                    BETWEEN 0 AND %(oldest)s
        )
    )
    SELECT id, storefront_id
    FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY storefront_id ORDER BY decided) AS turn FROM ready) AS picked
    ORDER BY turn, decided LIMIT %(limit)s
"""


class Round:
    """What rates have come for, each subject tried once: whatever one of them fails by, the others are decided."""

    def __init__(self):
        # [(subject id, storefront id)] that were found, and the ids of those that wait still though they were tried.
        self._ready, self._passed = [], []

    def decide(self, *, at, limit=200):
        """One batch; returns how many it tried. Call again while it returns any. Raises ``Interrupted``."""
        if not self._ready:
            self._look(at, limit)
        batch, self._ready = self._ready[:limit], self._ready[limit:]
        decided = _decided(batch, at) if batch else ()
        self._passed += [pk for pk, _ in batch if pk not in decided]
        return len(batch)

    def _look(self, at, limit):
        with alone("look for what waited") as mine:
            self._ready = _ready(max(LOOK, limit), self._passed) if mine else []
            if mine and not self._ready and not self._passed:
                _note_served(at)


def _decided(batch, at):
    """The ids of those that wait no more; taken one by one where they fail together."""
    try:
        return _decide(batch, at)
    except Exception as error:
        pass_on(error)
        log.exception("Deciding %s subjects that waited for a rate failed; taking them one by one.", len(batch))
    return set().union(*(_decide_alone(each, at) for each in batch))


def _decide_alone(each, at):
    try:
        return _decide([each], at)
    except Exception as error:
        pass_on(error)
        log.exception("Subject %s waited for a rate and cannot be decided.", each[0])
        return set()


def _decide(batch, at):
    with alone("decide what waited") as mine:
        if not mine:
            return set()
        locks.deciding(storefronts={storefront for _, storefront in batch})
        locked = {row.pk: row for row in locks.subjects_by_id(ids=[pk for pk, _ in batch]) if row.waits_for}
        found = cases.of_subjects([locked[pk] for pk, _ in batch if pk in locked])
        rule_book = book.of_storefronts({case.subject.storefront_id for case in found})
        again(found=found, rule_book=rule_book, at=at)
    return {case.subject.pk for case in found if not case.subject.waits_for}


def _ready(limit, passed):
    """``[(subject id, storefront id)]`` that a rate has come for, as many of each storefront as there is room for."""
    said = {"missing": RATE_MISSING, "oldest": rates.OLDEST.days, "limit": limit, "passed": passed}
    with connection.cursor() as cursor:
        cursor.execute(_READY, said)
        return cursor.fetchall()


def _note_served(at):
    """Nothing waits for the rates that have come; they are looked at once more before they are left alone."""
    rows = Rate.objects.filter(served=False)
    rows.filter(quiet_since__lte=at - _LAST_LOOK).update(served=True)
    rows.filter(quiet_since=None).update(quiet_since=at)
