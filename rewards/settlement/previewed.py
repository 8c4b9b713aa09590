"""What the pages before left of the counters, while a job works out a difference: in rows; a page reads few."""

from django.db import connection

from rewards.models import PreviewedUse

_KEEP = """
    INSERT INTO rewards_previeweduse (correction_id, rule_id, cap, key, period, number)
    SELECT %s, asked.* FROM unnest(%s::bigint[], %s::text[], %s::uuid[], %s::text[], %s::bigint[]) AS asked
    ON CONFLICT (correction_id, rule_id, cap, key, period) DO UPDATE SET number = EXCLUDED.number
"""
_DROP = """
    DELETE FROM rewards_previeweduse kept
    USING (SELECT %s::bigint AS correction_id) AS mine,
        unnest(%s::bigint[], %s::text[], %s::uuid[], %s::text[]) AS asked (rule_id, cap, key, period)
    WHERE (kept.correction_id, kept.rule_id, kept.cap, kept.key, kept.period)
        = (mine.correction_id, asked.rule_id, asked.cap, asked.key, asked.period)
"""


def uses(correction, places):
    """``{(rule, cap, key, period): n}`` of those that would stand elsewhere, by how much."""
    keys = {key for _, _, key, _ in places}
    found = PreviewedUse.objects.filter(correction=correction, rule__in={rule for rule, *_ in places}, key__in=keys)
    known = {(row.rule_id, row.cap, row.key, row.period): row.number for row in found}
    return {place: known[place] for place in places & known.keys()}


def keep(correction, moved):
    """Write what ``uses`` reads; what is where it was says nothing."""
    for statement, rows in (
        (_KEEP, [(*place, number) for place, number in moved.items() if number]),
        (_DROP, [place for place, number in moved.items() if not number]),
    ):
        if rows:
            with connection.cursor() as cursor:
                cursor.execute(statement, [correction.pk, *([*column] for column in zip(*rows, strict=True))])


def forget(correction):
    PreviewedUse.objects.filter(correction=correction).delete()
