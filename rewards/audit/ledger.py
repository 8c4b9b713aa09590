"""Balances, and the amounts of rewards, from the transfers."""

from advocacy.checking import Check, listed
from rewards import rules
from rewards.models import ROUTES, AccountKind

# What a reward keeps a column of; the funding account is everything else.
PLACES = [kind for kind in AccountKind if kind != AccountKind.FUNDING]


def moved(place):
    """What transfers put into a reward's place less what they took out of it, as an SQL sum."""
    out = listed(leg for leg, (source, _) in ROUTES.items() if source == place)
    into = listed(leg for leg, (_, target) in ROUTES.items() if target == place)
    return f"SUM(CASE WHEN leg IN ({into}) THEN amount_minor WHEN leg IN ({out}) THEN -amount_minor ELSE 0 END)"


_BALANCES = """
    SELECT account.id, account.balance_minor AS stored, COALESCE(moved.total, 0) AS counted
    FROM rewards_account account
    LEFT JOIN (
        SELECT account_id, SUM(amount) AS total FROM (
            SELECT source_id AS account_id, -amount_minor AS amount FROM rewards_transfer
            UNION ALL
            SELECT target_id, amount_minor FROM rewards_transfer
        ) AS legs GROUP BY account_id
    ) AS moved ON moved.account_id = account.id
    WHERE account.balance_minor IS NOT NULL AND account.balance_minor <> COALESCE(moved.total, 0)
    ORDER BY account.id
"""
_BELOW_NOTHING = """
    SELECT id, kind, balance_minor AS stored FROM rewards_account
    WHERE balance_minor < 0 AND kind <> 'available' ORDER BY id
"""
_AMOUNTS = f"""
    SELECT apart.id, place.name AS place, place.stored, place.counted FROM (
        SELECT reward.id, {", ".join(f"reward.{place}_minor" for place in PLACES)},
            {", ".join(f"COALESCE(moved.{place}, 0) AS {place}" for place in PLACES)}
        FROM rewards_reward reward
        LEFT JOIN (
            SELECT reward_id, {", ".join(f"{moved(place)} AS {place}" for place in PLACES)}
            FROM rewards_transfer GROUP BY reward_id
        ) AS moved ON moved.reward_id = reward.id
        WHERE {" OR ".join(f"reward.{place}_minor <> COALESCE(moved.{place}, 0)" for place in PLACES)}
    ) AS apart, LATERAL (
        VALUES {", ".join(f"('{place}', apart.{place}_minor, apart.{place})" for place in PLACES)}
    ) AS place (name, stored, counted)
    WHERE place.stored <> place.counted
    ORDER BY apart.id
"""  # noqa: S608 - our own names
_HELD = " + ".join(f"{place}_minor" for place in PLACES)
_GRANTS = f"""
    SELECT id, granted_minor, waived_minor, {_HELD} AS held FROM rewards_reward
    WHERE {_HELD} > granted_minor + waived_minor OR waived_minor < 0 ORDER BY id
"""  # noqa: S608
_WAIVED = """
    SELECT id, waived_minor, spent_minor + paid_minor AS gone FROM rewards_reward
    WHERE waived_minor > spent_minor + paid_minor ORDER BY id
"""
_STATUS = " ".join(f"WHEN {place}_minor > 0 THEN '{place}'" for place in rules.PLACES)
_STATES = f"""
    SELECT id, status AS stored, counted FROM (
        SELECT id, status, CASE {_STATUS} ELSE 'reversed' END AS counted FROM rewards_reward
    ) AS rewards WHERE status <> counted ORDER BY id
"""  # noqa: S608
CHECKS = (
    Check("balances", _BALANCES, "Account {id} says {stored}; its transfers add up to {counted}."),
    Check("balances below nothing", _BELOW_NOTHING, "Account {id} ({kind}) is below nothing: {stored}."),
    Check("rewards' amounts", _AMOUNTS, "Reward {id} says {stored} {place}; its transfers say {counted}."),
    Check("rewards' states", _STATES, "Reward {id} is {stored}; where its amount is says {counted}."),
    Check(
        "rewards' grants",
        _GRANTS,
        "Reward {id} holds {held}, more than its grant of {granted_minor} and the {waived_minor} that were waived.",
    ),
    Check("what was waived", _WAIVED, "Reward {id} waives {waived_minor}; only {gone} of it were spent or paid."),
)
