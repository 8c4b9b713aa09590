"""What was not paid of what rules had granted, for sides of conversions that were rejected."""

from django.db import connection

_GRANTED = """
    SELECT reward.unit, ROUND(SUM(reward.granted_minor * asked.kept::numeric / asked.total))
    FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[]) AS asked (conversion, side, kept, total)
    JOIN rewards_subject subject ON subject.public_id = asked.conversion AND subject.kind = 'conversion'
    JOIN rewards_reward reward ON reward.subject_id = subject.id AND reward.side = asked.side
        AND reward.status = 'reversed'
    WHERE subject.storefront_id = %s
    GROUP BY reward.unit ORDER BY reward.unit
"""


def of(*, storefront, sides):
    """``{unit: minor units}`` of these ``[(conversion's public id, side, what of the order was kept, its total)]``.

    What was given back would have taken its share of the reward in any case.
    """
    if not sides:
        return {}
    columns = [list(column) for column in zip(*sides, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_GRANTED, [*columns, storefront])
        return {unit: int(amount) for unit, amount in cursor.fetchall() if amount}
