"""Rows that nobody recorded, and rule versions that are not what was saved: the log is append-only, rows are not."""

from advocacy.checking import Check
from rewards import version_digests

# The newest event of the others is compared column by column (``told``).
_ROWS = " UNION ALL ".join(
    f"""
        SELECT '{kind}' AS kind, id FROM {table} invented WHERE NOT EXISTS (
            SELECT FROM advocacy_event event
            WHERE event.subject_kind = '{kind}' AND event.subject_id = invented.public_id
        )
    """  # noqa: S608 - our own names
    for kind, table in {"adjustment": "rewards_adjustment", "exchange": "rewards_exchange"}.items()
)
# Of what was given back before it was decided nothing ever moved. What is taken beyond a balance is a lot of nothing,
# which its adjustment tells of.
_REWARDS = """
    SELECT 'reward' AS kind, reward.id FROM rewards_reward reward
    WHERE NOT EXISTS (
            SELECT FROM advocacy_event event
            WHERE event.subject_kind = 'reward' AND event.subject_id = reward.public_id
        )
      AND EXISTS (SELECT FROM rewards_transfer transfer WHERE transfer.reward_id = reward.id)
      AND NOT (reward.granted_minor = 0 AND EXISTS (
            SELECT FROM rewards_subject subject
            JOIN advocacy_event event ON event.subject_kind = 'adjustment' AND event.subject_id = subject.public_id
            WHERE subject.id = reward.subject_id
        ))
"""
_INVENTED = f"""
    {_ROWS} UNION ALL {_REWARDS} UNION ALL
    SELECT 'correction', correction.id FROM rewards_correction correction
    JOIN rewards_ruleversion version ON version.id = correction.rule_version_id
    JOIN rewards_rule rule ON rule.id = version.rule_id
    WHERE correction.state = 'done' AND NOT EXISTS (
        SELECT FROM advocacy_event event
        WHERE event.type = 'rule.corrected' AND event.subject_kind = 'rule' AND event.subject_id = rule.public_id
            AND event.facts ->> 'correction' = correction.public_id::text
    )
    ORDER BY 1, 2
"""  # noqa: S608
_VERSIONS = f"""
    SELECT COALESCE(version.id::text, event.facts ->> 'rule_version') AS id, CASE
            WHEN event.id IS NULL THEN 'was saved by nobody'
            WHEN version.id IS NULL THEN 'is gone'
            ELSE 'is not as it was saved: ' || CONCAT_WS(', ', apart.columns, apart.place)
        END AS said
    FROM rewards_ruleversion version
    JOIN rewards_rule rule ON rule.id = version.rule_id
    LEFT JOIN rewards_ruleversion mistaken ON mistaken.id = version.corrects_id
    FULL JOIN (SELECT * FROM advocacy_event WHERE subject_kind = 'rule_version') AS event
        ON event.subject_id = version.public_id
    LEFT JOIN LATERAL (
        SELECT (
            SELECT string_agg(was.key, ', ' ORDER BY was.key)
            FROM jsonb_each_text(event.facts -> 'digests') AS was
            WHERE was.value IS DISTINCT FROM ({version_digests.columns("version")}) ->> was.key
        ) AS columns, CASE
            WHEN (rule.public_id::text, version.number::text, mistaken.public_id::text, rule.program_id)
                IS DISTINCT FROM
                (event.facts ->> 'rule', event.facts ->> 'number', event.facts ->> 'corrects', event.program_id)
            THEN 'its rule, program or number'
            WHEN (version.starts_at, CASE WHEN version.corrects_id IS NULL THEN version.own_ends_at
                    ELSE version.ends_at END)
                IS DISTINCT FROM
                ((event.facts ->> 'starts_at')::timestamptz, (event.facts ->> 'ends_at')::timestamptz)
            THEN 'its time'
            WHEN COALESCE(version.ends_at, 'infinity') > COALESCE(version.own_ends_at, 'infinity') OR EXISTS (
                SELECT FROM rewards_ruleversion later
                WHERE later.rule_id = version.rule_id AND later.number > version.number
                    AND later.corrects_id IS NULL AND later.ends_at IS DISTINCT FROM later.starts_at
                    AND later.starts_at < COALESCE(version.ends_at, 'infinity')
            ) AND version.corrects_id IS NULL AND version.ends_at IS DISTINCT FROM version.starts_at
            THEN 'its end'
        END AS place
    ) AS apart ON TRUE
    WHERE event.id IS NULL OR version.id IS NULL OR apart.columns IS NOT NULL OR apart.place IS NOT NULL
    ORDER BY 1
"""  # noqa: S608

CHECKS = (
    Check("rows that somebody recorded", _INVENTED, "No event tells of {kind} {id}: nobody recorded it."),
    Check("rule versions", _VERSIONS, "Rule version {id} {said}."),
)
