"""What rewards owe and how much of each cap is used, from the newest decisions."""

from advocacy.checking import Check
from rewards.audit.ledger import PLACES
from rewards.rules.terms import FRIENDS, ONCE
from rewards.settlement.milestones import STEP

# The newest of each subject, by the number that the subject keeps; that this is right is a check of its own.
_NEWEST = """
    SELECT decision.id, decision.subject_id, decision.verdicts, decision.facts
    FROM rewards_decision decision
    JOIN rewards_subject subject ON subject.id = decision.subject_id AND subject.decisions_made = decision.number
"""
_SUBJECTS = """
    SELECT subject.id, subject.decisions_made, subject.settled_version,
        COALESCE(made.number, 0) AS number, COALESCE(made.version, 0) AS version, COALESCE(made.count, 0) AS count
    FROM rewards_subject subject
    LEFT JOIN (
        SELECT subject_id, MAX(number) AS number, MAX(version) AS version, COUNT(*) AS count
        FROM rewards_decision GROUP BY subject_id
    ) AS made ON made.subject_id = subject.id
    WHERE (subject.decisions_made, subject.decisions_made) <> (COALESCE(made.number, 0), COALESCE(made.count, 0))
       OR subject.decisions_made > 0 AND subject.settled_version <> made.version
    ORDER BY subject.id
"""
# What was fixed at the first decision, or made anew by a correction. A plain no keeps no grants, only that 0 is owed.
_GRANTS = f"""
    WITH newest AS ({_NEWEST}), said AS (
        SELECT subject_id, (verdict ->> 'rule')::bigint AS rule_id, (verdict ->> 'version')::bigint AS version,
            side AS side, GREATEST(COALESCE((verdict -> 'granted' ->> side)::bigint, 0), 0) AS granted
        FROM newest, jsonb_array_elements(verdicts) AS verdict, jsonb_object_keys(verdict -> 'owed') AS side
    )
    SELECT reward.id, reward.granted_minor AS stored, reward.rule_version_id AS stored_version, said.granted,
        said.version
    FROM rewards_reward reward JOIN said USING (subject_id, rule_id)
    WHERE reward.side = said.side
      AND (reward.granted_minor, reward.rule_version_id) <> (said.granted, said.version)
    ORDER BY reward.id
"""  # noqa: S608 - our own names
_HELD = " + ".join(f"{place}_minor" for place in PLACES)
_OWED = f"""
    WITH newest AS ({_NEWEST}), said AS (
        SELECT subject_id, (verdict ->> 'rule')::bigint AS rule_id, side.key AS side, side.value::bigint AS owed
        FROM newest, jsonb_array_elements(verdicts) AS verdict, jsonb_each_text(verdict -> 'owed') AS side
    ), kept AS (
        SELECT id, subject_id, rule_id, side::text AS side, {_HELD} - waived_minor AS held
        FROM rewards_reward WHERE rule_id IS NOT NULL
    )
    SELECT subject_id, rule_id, side, COALESCE(kept.id::text, '(missing)') AS id,
        COALESCE(kept.held, 0) AS held, COALESCE(said.owed::text, 'nothing of it') AS owed
    FROM kept FULL JOIN said USING (subject_id, rule_id, side)
    WHERE COALESCE(kept.held, 0) <> COALESCE(said.owed, 0) OR said.owed IS NULL
    ORDER BY 1, 2, 3
"""  # noqa: S608 - our own names
_COUNTERS = f"""
    WITH newest AS ({_NEWEST}), counted AS (
        SELECT (verdict ->> 'rule')::bigint AS rule_id, use ->> 0 AS cap, (use ->> 1)::uuid AS key, use ->> 2 AS period,
               SUM((use ->> 3)::bigint) AS used
        FROM newest, jsonb_array_elements(verdicts) AS verdict, jsonb_array_elements(verdict -> 'uses') AS use
        GROUP BY 1, 2, 3, 4
    ), kept AS (
        SELECT id, rule_id, cap::text AS cap, key, period::text AS period, used FROM rewards_counter
    )
    SELECT COALESCE(kept.id::text, '(missing)') AS id, rule_id, cap, period,
        COALESCE(kept.used, 0) AS stored, COALESCE(counted.used, 0) AS counted
    FROM kept FULL JOIN counted USING (rule_id, cap, key, period)
    WHERE COALESCE(kept.used, 0) <> COALESCE(counted.used, 0)
    ORDER BY 1
"""  # noqa: S608
_FRIENDS = f"""
    WITH newest AS ({_NEWEST}), standing AS (
        SELECT (verdict ->> 'rule')::bigint AS rule_id, use ->> 1 AS friend, subject.advocate_id,
            bool_and(version.milestone_every IS NOT NULL) AS counts
        FROM newest JOIN rewards_subject subject ON subject.id = newest.subject_id,
            jsonb_array_elements(verdicts) AS verdict, jsonb_array_elements(verdict -> 'uses') AS use,
            rewards_ruleversion version
        WHERE version.id = (verdict ->> 'version')::bigint AND use ->> 0 = '{ONCE}' GROUP BY 1, 2, 3
    ), counted AS (
        SELECT rule_id, advocate.public_id AS key, COUNT(*) AS friends
        FROM standing JOIN advocacy_advocate advocate ON advocate.id = advocate_id WHERE counts GROUP BY 1, 2
    )
    SELECT counter.id, counter.used AS stored, COALESCE(counted.friends, 0) AS counted
    FROM rewards_counter counter LEFT JOIN counted USING (rule_id, key)
    WHERE counter.cap = '{FRIENDS}' AND counter.used <> COALESCE(counted.friends, 0) ORDER BY counter.id
"""  # noqa: S608
# Of who is merged the friends of all names that it was decided with.
_STEPS = f"""
    WITH newest AS ({_NEWEST}), steps AS (
        SELECT subject.id, (newest.facts ->> 'stands')::boolean AS stands,
            (newest.facts ->> 'threshold')::bigint AS threshold, (
                SELECT SUM(counter.used) FROM rewards_counter counter
                WHERE counter.rule_id = (verdict ->> 'rule')::bigint AND counter.cap = '{FRIENDS}'
                  AND counter.period = 'all' AND (
                    counter.key = advocate.public_id OR newest.facts -> 'with' -> 'advocate' ? counter.key::text
                  )
            ) AS used
        FROM rewards_subject subject
        JOIN newest ON newest.subject_id = subject.id
        JOIN advocacy_advocate advocate ON advocate.id = subject.advocate_id,
            jsonb_array_elements(verdicts) AS verdict
        WHERE subject.trigger = '{STEP}'
    )
    SELECT id, stands::text AS stands, threshold, used FROM steps WHERE stands <> (used >= threshold) ORDER BY id
"""  # noqa: S608

CHECKS = (
    Check(
        "subjects",
        _SUBJECTS,
        "Subject {id} says {decisions_made} decisions, settled at version {settled_version}; "
        "there are {count}, the last of number {number} and version {version}.",
    ),
    Check(
        "what is owed",
        _OWED,
        "Reward {id} of rule {rule_id} for the {side} of subject {subject_id} holds {held}; "
        "the newest decision says {owed}.",
    ),
    Check(
        "what was granted",
        _GRANTS,
        "Reward {id} grants {stored} by rule version {stored_version}; the newest decision says {granted} by "
        "{version}.",
    ),
    Check("caps", _COUNTERS, "Counter {id} says {stored} used; the newest decisions say {counted}."),
    Check("converted friends", _FRIENDS, "Counter {id} says {stored} friends; {counted} are converted."),
    Check(
        "milestones",
        _STEPS,
        "Step {id} says that it stands: {stands}; it needs {threshold} friends, and there are {used}.",
    ),
)
