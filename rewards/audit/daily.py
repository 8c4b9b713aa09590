"""The days of rewards against the rewards themselves."""

from advocacy.checking import Check
from rewards.models.reward_day import AMOUNTS, COUNTED, KEY

_STORED = ", ".join(f"sum({amount}) AS {amount}" for amount in AMOUNTS)
_APART = " OR ".join(f"COALESCE(kept.{amount}, 0) <> COALESCE(told.{amount}, 0)" for amount in AMOUNTS)
_SAID = ", ".join(
    f"CASE WHEN COALESCE(kept.{amount}, 0) <> COALESCE(told.{amount}, 0) "
    f"THEN '{amount} ' || COALESCE(kept.{amount}, 0) || ', rewards say ' || COALESCE(told.{amount}, 0) END"
    for amount in AMOUNTS
)
CHECKS = (
    Check(
        "days of rewards",
        f"""
        WITH changed AS (SELECT 1 AS sign, * FROM rewards_reward), counted AS ({COUNTED}),
        kept AS (SELECT {KEY}, {_STORED} FROM rewards_rewardday GROUP BY {KEY})
        SELECT {KEY}, CONCAT_WS('; ', {_SAID}) AS apart
        FROM kept FULL JOIN counted AS told USING ({KEY}) WHERE {_APART} ORDER BY {KEY}
        """,  # noqa: S608 - our own names
        "Program {program_id}, {unit} of the {side}, {day} ({of}): {apart}.",
    ),
)
