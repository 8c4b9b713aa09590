"""The stored month ends, from the transfers before them."""

from advocacy.checking import Check
from rewards.payouts.journal import LESS, MORE, OWED

_MONTH_ENDS = f"""
    WITH ends AS (
        SELECT storefront_id, array_agg(DISTINCT until ORDER BY until) AS moments
        FROM rewards_monthend GROUP BY storefront_id
    ), moved AS (
        -- How many of the ends had passed by then.
        SELECT transfer.storefront_id, reward.program_id, reward.form, transfer.unit,
            width_bucket(transfer.at, ends.moments) AS passed, SUM({OWED}) AS owed
        FROM rewards_transfer transfer
        JOIN ends ON ends.storefront_id = transfer.storefront_id
        JOIN rewards_reward reward ON reward.id = transfer.reward_id
        WHERE transfer.leg IN ({MORE}, {LESS})
        GROUP BY 1, 2, 3, 4, 5
    ), counted AS (
        SELECT moved.storefront_id, program_id, form, unit, until, SUM(owed) AS owed
        FROM moved JOIN ends ON ends.storefront_id = moved.storefront_id,
            unnest(ends.moments) WITH ORDINALITY AS each (until, place)
        WHERE moved.passed < each.place
        GROUP BY 1, 2, 3, 4, 5
    )
    SELECT storefront_id, program_id, form, unit, until,
        COALESCE(stored.owed_minor, 0) AS stored, COALESCE(counted.owed, 0) AS counted
    FROM rewards_monthend stored FULL JOIN counted USING (storefront_id, program_id, form, unit, until)
    WHERE COALESCE(stored.owed_minor, 0) <> COALESCE(counted.owed, 0)
    ORDER BY storefront_id, until, program_id, form, unit
"""  # noqa: S608 - our own names
CHECKS = (
    Check(
        "month ends",
        _MONTH_ENDS,
        "The month until {until} of program {program_id} ({form}, {unit}) ends with {stored}; "
        "its transfers add up to {counted}.",
    ),
)
