"""Decide what waited for an exchange rate, as soon as there is one; in the order in which it was first decided.

What is looked for follows from the rates that came, not from what waits: nobody's orders without a rate keep others'
from being decided. Storefronts take turns.
"""

from datetime import timedelta

from django.db import connection

from advocacy.periodic import alone
from rewards import book, locks, rates
from rewards.models import Rate
from rewards.rules import RATE_MISSING
from rewards.settlement import cases
from rewards.settlement.settle import again

# A settling that did not see a rate yet may end after we looked for what waits; none takes so long.
_LAST_LOOK = timedelta(minutes=1)
_READY = """
    SELECT picked.id
    FROM (SELECT DISTINCT storefront_id FROM rewards_rate WHERE NOT served) AS told
    CROSS JOIN LATERAL (
        SELECT waits.id, ROW_NUMBER() OVER (ORDER BY waits.id) AS turn
        FROM (
            SELECT DISTINCT subject.id
            FROM rewards_rate rate
            JOIN rewards_subject subject ON subject.storefront_id = rate.storefront_id
                AND subject.waits_for = %(missing)s || ' ' || rate.currency AND subject.waits_for <> ''
                AND subject.occurred_at >= rate.day::timestamp AT TIME ZONE 'UTC' - INTERVAL '1 day'
                AND subject.occurred_at < (rate.day + %(oldest)s)::timestamp AT TIME ZONE 'UTC' + INTERVAL '2 days'
            JOIN advocacy_program program ON program.id = subject.program_id
            -- What the program counted by then.
            LEFT JOIN LATERAL (
                SELECT currency, time_zone FROM advocacy_reckoning ended
                WHERE ended.program_id = program.id AND ended.until > subject.occurred_at ORDER BY until, id LIMIT 1
            ) AS reckoned ON true
            WHERE NOT rate.served AND rate.storefront_id = told.storefront_id
                AND rate.target = COALESCE(reckoned.currency, program.currency)
                AND (subject.occurred_at AT TIME ZONE COALESCE(reckoned.time_zone, program.time_zone))::date - rate.day
                    BETWEEN 0 AND %(oldest)s
            ORDER BY subject.id LIMIT %(limit)s
        ) AS waits
    ) AS picked
    ORDER BY picked.turn, picked.id LIMIT %(limit)s
"""


def decide(*, at, limit=200):
    """One batch at a time; returns how many were decided. Call again while it returns any."""
    with alone("decide what waited") as mine:
        ready = _ready(limit) if mine else []
        if mine and not ready:
            _note_served(at)
        locked = {row.pk: row for row in locks.subjects_by_id(ids=ready)}
        found = cases.of_subjects([locked[pk] for pk in ready if pk in locked])
        rule_book = book.of_storefronts({case.subject.storefront_id for case in found})
        again(found=found, rule_book=rule_book, at=at)
        return sum(not case.subject.waits_for for case in found)


def _ready(limit):
    """The ids of subjects that a rate has come for, as many of each storefront as there is room for."""
    said = {"missing": RATE_MISSING, "oldest": rates.OLDEST.days, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_READY, said)
        return [pk for (pk,) in cursor.fetchall()]


def _note_served(at):
    """Nothing waits for the rates that have come; they are looked at once more before they are left alone."""
    rows = Rate.objects.filter(served=False)
    rows.filter(quiet_since__lte=at - _LAST_LOOK).update(served=True)
    rows.filter(quiet_since=None).update(quiet_since=at)
