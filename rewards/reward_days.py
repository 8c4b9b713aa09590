"""Keep the days of rewards short, and count them anew; what adds to them is the database, see ``RewardDay``."""

from django.db import connection, transaction

from rewards.models.reward_day import AMOUNTS, COUNTED, KEY

_SUMS = ", ".join(f"sum({amount}) AS {amount}" for amount in AMOUNTS)
_SOMETHING = " OR ".join(f"sum({amount}) <> 0" for amount in AMOUNTS)
# Who folds and who counts anew wait for each other, and nobody for them.
_ALONE = "LOCK TABLE rewards_rewardday IN SHARE UPDATE EXCLUSIVE MODE"
_FOLD = f"""
    WITH many AS (SELECT {KEY} FROM rewards_rewardday GROUP BY {KEY} HAVING count(*) > 1),
    gone AS (
        DELETE FROM rewards_rewardday AS kept USING many
        WHERE (kept.program_id, kept.of, kept.day, kept.side, kept.unit)
            = (many.program_id, many.of, many.day, many.side, many.unit)
        RETURNING kept.*
    ),
    folded AS (
        INSERT INTO rewards_rewardday ({KEY}, {", ".join(AMOUNTS)})
        SELECT {KEY}, {_SUMS} FROM gone GROUP BY {KEY} HAVING {_SOMETHING}
    )
    SELECT count(*) FROM gone
"""  # noqa: S608 - our own names
# One statement, so what is deleted and what is counted are of one moment; what others add meanwhile stays.
_RECOUNT = f"""
    WITH changed AS (SELECT 1 AS sign, * FROM rewards_reward WHERE storefront_id = %(storefront)s),
    gone AS (
        DELETE FROM rewards_rewardday
        WHERE program_id IN (SELECT id FROM advocacy_program WHERE storefront_id = %(storefront)s)
    ),
    counted AS ({COUNTED})
    INSERT INTO rewards_rewardday ({KEY}, {", ".join(AMOUNTS)}) SELECT {KEY}, {", ".join(AMOUNTS)} FROM counted
"""  # noqa: S608


@transaction.atomic
def fold():
    """Make one row of all of a key; how many rows were folded."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        cursor.execute(_FOLD)
        return cursor.fetchone()[0]


@transaction.atomic
def recount(*, storefront):
    """Count all days of a storefront's rewards anew, while others go on."""
    with connection.cursor() as cursor:
        cursor.execute(_ALONE)
        cursor.execute(_RECOUNT, {"storefront": storefront.pk})
