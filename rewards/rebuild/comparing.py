"""What is stored against what was made again, by keys that do not depend on the order of numbers."""

from advocacy.checking import Check, streamed
from rewards.audit.ledger import PLACES

# How a rule version's verdict was reached is left out: the rooms of caps in it depend on who was counted when, and what
# comes of them is compared. So are facts, which are entered.
_VERDICTS = """
    (SELECT jsonb_agg(said - 'checks' - 'stood' - 'name' ORDER BY place)
     FROM jsonb_array_elements(verdicts) WITH ORDINALITY AS one (said, place))::text
"""
_SUBJECT = "subject.program_id, subject.trigger::text AS trigger, subject.public_id AS subject"
# No key may be null, or nothing would meet it.
_REWARD = f"{_SUBJECT}, COALESCE(reward.rule_id, 0) AS rule, reward.side::text AS side"
_AMOUNTS = [f"{place}_minor" for place in PLACES]


def _decisions(of):
    return f"""
        SELECT {_SUBJECT}, decision.number, decision.version, {_VERDICTS} AS verdicts
        FROM {of}.rewards_decision decision JOIN {of}.rewards_subject subject ON subject.id = decision.subject_id
    """  # noqa: S608 - our own names


# A period that ended with nothing to raise leaves a row that was never decided about.
def _subjects(of):
    return f"""
        SELECT {_SUBJECT}, settled_version, decisions_made, waits_for, occurred_at, storefront_id, advocate_id,
            friend_id, customer_id
        FROM {of}.rewards_subject subject WHERE decisions_made > 0
    """  # noqa: S608


def _rewards(of):
    return f"""
        SELECT {_REWARD}, reward.rule_version_id, recipient_id, form, unit, granted_minor, {", ".join(_AMOUNTS)},
            waived_minor, status, due_at, credited_at
        FROM {of}.rewards_reward reward JOIN {of}.rewards_subject subject ON subject.id = reward.subject_id
    """  # noqa: S608


def _transfers(of):
    return f"""
        SELECT {_REWARD}, leg::text AS leg,
            DENSE_RANK() OVER (PARTITION BY reward.id ORDER BY reward_version) AS move,
            amount_minor, transfer.unit, reference, at
        FROM {of}.rewards_transfer transfer JOIN {of}.rewards_reward reward ON reward.id = transfer.reward_id
        JOIN {of}.rewards_subject subject ON subject.id = reward.subject_id
    """  # noqa: S608


def _balances(of):
    return f"""
        SELECT storefront_id, kind::text AS kind, customer_id, unit::text AS unit, form::text AS form, balance_minor
        FROM {of}.rewards_account WHERE balance_minor <> 0
    """  # noqa: S608


def _counters(of):
    return f"""
        SELECT rule_id, cap::text AS cap, key, period::text AS period, used FROM {of}.rewards_counter WHERE used <> 0
    """  # noqa: S608


_OF_SUBJECT = ("program_id", "trigger", "subject")
_OF_REWARD = (*_OF_SUBJECT, "rule", "side")
# name: (what either side says, its keys, the columns that must agree, how a difference begins)
_COMPARED = {
    "decisions": (
        _decisions,
        (*_OF_SUBJECT, "number"),
        ("version", "verdicts"),
        "Decision {number} of {trigger} {subject} in program {program_id}",
    ),
    "subjects": (
        _subjects,
        _OF_SUBJECT,
        (
            *("settled_version", "decisions_made", "waits_for", "occurred_at"),
            *("storefront_id", "advocate_id", "friend_id", "customer_id"),
        ),
        "Subject {trigger} {subject} of program {program_id}",
    ),
    "rewards": (
        _rewards,
        _OF_REWARD,
        (
            *("rule_version_id", "recipient_id", "form", "unit", "granted_minor", *_AMOUNTS, "waived_minor"),
            *("status", "due_at", "credited_at"),
        ),
        "The reward of rule {rule} for the {side} of {trigger} {subject} in program {program_id}",
    ),
    "transfers": (
        _transfers,
        (*_OF_REWARD, "move", "leg"),
        ("amount_minor", "unit", "reference", "at"),
        "Move {move} ({leg}) of rule {rule} for the {side} of {trigger} {subject} in program {program_id}",
    ),
    "balances": (
        _balances,
        ("storefront_id", "kind", "customer_id", "unit", "form"),
        ("balance_minor",),
        "The balance ({kind}, {form}, {unit}) of customer {customer_id}",
    ),
    "caps": (
        _counters,
        ("rule_id", "cap", "key", "period"),
        ("used",),
        "The counter {cap} of rule {rule_id} for {key} in {period}",
    ),
}


def differences(live):
    """Sentences; the cursor stays in the database, as in ``rewards.audit``."""
    for name in _COMPARED:
        yield from streamed(check(name, live))


def check(name, live):
    said, keys, columns, sentence = _COMPARED[name]
    apart = ", ".join(_apart(column) for column in columns)
    same = " OR ".join(f"was.{column} IS DISTINCT FROM now.{column}" for column in columns)
    statement = f"""
        SELECT {", ".join(keys)}, CASE WHEN was.here IS NULL THEN 'was made only now'
            WHEN now.here IS NULL THEN 'was not made again' ELSE 'is ' || CONCAT_WS(', ', {apart}) END AS apart
        FROM (SELECT *, TRUE AS here FROM ({said(live)}) AS stored) AS was
        FULL JOIN (SELECT *, TRUE AS here FROM ({said("pg_temp")}) AS made) AS now USING ({", ".join(keys)})
        WHERE was.here IS NULL OR now.here IS NULL OR {same}
        ORDER BY {", ".join(str(place + 1) for place in range(len(keys)))}
    """  # noqa: S608
    return Check(name, statement, sentence + " {apart}.")


def _apart(column):
    """``status paid, not pending`` where it differs."""
    was, now = (f"COALESCE({side}.{column}::text, 'nothing')" for side in ("was", "now"))
    return f"CASE WHEN was.{column} IS DISTINCT FROM now.{column} THEN '{column} ' || {was} || ', not ' || {now} END"
