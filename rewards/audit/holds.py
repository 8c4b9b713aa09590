"""When holds are over, and the rates that were reckoned with, from the newest decisions and what they decided."""

from advocacy.checking import Check

# As ``rules.due_at`` says, of what waits for its hold; what was credited is past it. What was given by hand keeps what
# its event told.
_DUE = """
    WITH waiting AS (
        SELECT reward.id, reward.public_id, reward.version, reward.due_at, reward.rule_id, reward.rule_version_id,
            subject.kind, subject.public_id AS fact, subject.occurred_at, decision.version AS decided, decision.facts
        FROM rewards_reward reward
        JOIN rewards_subject subject ON subject.id = reward.subject_id
        LEFT JOIN rewards_decision decision ON decision.subject_id = subject.id
            AND decision.number = subject.decisions_made
        WHERE reward.status = 'pending' AND reward.credited_at IS NULL
    ), counted AS (
        SELECT waiting.id, waiting.due_at, CASE
            WHEN version.digital_at_once AND goods.digital
                THEN GREATEST(waiting.occurred_at, (facts.said ->> 'paid_at')::timestamptz)
            ELSE version.hold_days * INTERVAL '24 hours' + CASE
            WHEN version.hold_from = 'order' AND facts.said ->> 'placed_at' IS NOT NULL
                THEN (facts.said ->> 'placed_at')::timestamptz
            WHEN version.hold_from IN ('shipping', 'delivery') AND facts.said ? 'placed_at'
                    AND NOT goods.digital
                THEN COALESCE(
                    (facts.said ->> CASE version.hold_from WHEN 'shipping' THEN 'shipped_at' ELSE 'delivered_at' END
                        )::timestamptz,
                    GREATEST(waiting.occurred_at, (facts.said ->> 'paid_at')::timestamptz)
                        + version.delivery_allowance_days * INTERVAL '24 hours')
            ELSE GREATEST(waiting.occurred_at, (facts.said ->> 'paid_at')::timestamptz)
            END
        END AS at
        FROM waiting
        JOIN rewards_ruleversion version ON version.id = waiting.rule_version_id
        LEFT JOIN advocacy_event event ON event.subject_kind = waiting.kind AND event.subject_id = waiting.fact
            AND event.version = waiting.decided,
            LATERAL (SELECT COALESCE(waiting.facts, event.facts) AS said) AS facts,
            LATERAL (SELECT COALESCE((facts.said ->> 'digital')::boolean, FALSE) AS digital) AS goods
        UNION ALL
        SELECT waiting.id, waiting.due_at, (
            SELECT (event.facts ->> 'due_at')::timestamptz FROM advocacy_event event
            WHERE event.subject_kind = 'reward' AND event.subject_id = waiting.public_id
                AND event.version <= waiting.version
            ORDER BY event.version DESC LIMIT 1)
        FROM waiting WHERE waiting.rule_id IS NULL
    )
    SELECT id, due_at::text AS stored, COALESCE(at::text, 'nothing') AS told FROM counted
    WHERE due_at IS DISTINCT FROM at ORDER BY id
"""
_REVIEWS = """
    SELECT reward.id, reward.reviewed AS stored FROM rewards_reward reward
    JOIN rewards_subject subject ON subject.id = reward.subject_id
    LEFT JOIN rewards_decision decision ON decision.subject_id = subject.id
        AND decision.number = subject.decisions_made
    LEFT JOIN advocacy_event event ON event.subject_kind = subject.kind AND event.subject_id = subject.public_id
        AND event.version = decision.version
    WHERE reward.reviewed
        <> COALESCE(COALESCE(decision.facts, event.facts) ->> (reward.side || '_review') = 'held', FALSE)
    ORDER BY reward.id
"""
_CREDITED = """
    SELECT reward.id, COALESCE(credited_at::text, 'never') AS stored, COALESCE(released.at::text, 'never') AS told
    FROM rewards_reward reward
    LEFT JOIN (
        SELECT reward_id, MIN(at) AS at FROM rewards_transfer WHERE leg = 'release' GROUP BY reward_id
    ) AS released ON released.reward_id = reward.id
    WHERE reward.credited_at IS DISTINCT FROM released.at ORDER BY reward.id
"""
# Each rate once, however many were decided by it. A derived subject's facts need not name its currency.
_RATES = """
    WITH reckoned AS (
        SELECT DISTINCT subject.storefront_id, (verdict -> 'rate' ->> 'day')::date AS day,
            (verdict -> 'rate' ->> 'rate')::numeric AS rate
        FROM rewards_subject subject
        JOIN rewards_decision decision ON decision.subject_id = subject.id
            AND decision.number = subject.decisions_made,
            jsonb_array_elements(decision.verdicts) AS verdict
        WHERE verdict ? 'rate'
    )
    SELECT storefront_id AS storefront, day, rate FROM reckoned
    WHERE NOT EXISTS (
        SELECT FROM rewards_rate rate WHERE rate.storefront_id = reckoned.storefront_id AND rate.day = reckoned.day
            AND rate.rate = reckoned.rate)
    ORDER BY 1, 2, 3
"""

CHECKS = (
    Check("holds", _DUE, "Reward {id} is due {stored}; what was decided says {told}."),
    Check("reviews", _REVIEWS, "Reward {id} is held by a review: {stored}; what was decided last says otherwise."),
    Check("crediting", _CREDITED, "Reward {id} was credited {stored}; its transfers say {told}."),
    Check("rates", _RATES, "Storefront {storefront} has no rate of {rate} on {day}, and rewards were decided by it."),
)
