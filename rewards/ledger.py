"""Post transfers and keep the balances of customers' accounts equal to their sum."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

from advocacy.models import bulk
from rewards import locks
from rewards.models import Account, AccountKind, Leg, Reward, Transfer

# Which accounts a leg moves between; both of the reward's recipient, or the house's.
_ROUTES = {
    Leg.GRANT: (AccountKind.FUNDING, AccountKind.PENDING),
    Leg.RELEASE: (AccountKind.PENDING, AccountKind.AVAILABLE),
    Leg.TAKE_PENDING: (AccountKind.PENDING, AccountKind.FUNDING),
    Leg.TAKE_AVAILABLE: (AccountKind.AVAILABLE, AccountKind.FUNDING),
}


@dataclass(frozen=True)
class Posting:
    """One move of a reward, at the reward's current version."""

    reward: Reward
    leg: str
    amount_minor: int


def post(postings, *, at):
    """Insert transfers for these postings and move the balances. Needs the rewards' subjects locked.

    A posting that was made before, by its (reward, version, leg), is an IntegrityError: nothing is posted twice.
    """
    if not postings:
        return []
    keys = {_key(posting, kind) for posting in postings for kind in _ROUTES[posting.leg]}
    accounts = locks.accounts(rows=[_account(key) for key in sorted(keys, key=_place)])
    transfers = [_transfer(posting, accounts, at) for posting in postings]
    bulk.insert(transfers)
    _move_balances(transfers, {account.pk: account for account in accounts.values()})
    return transfers


def _key(posting, kind):
    reward = posting.reward
    owner = None if kind == AccountKind.FUNDING else reward.recipient_id
    return reward.storefront_id, kind.value, owner, reward.unit


def _place(key):
    """The house's first; its customer is None."""
    storefront, kind, customer, unit = key
    return storefront, customer or 0, kind, unit


def _account(key):
    storefront, kind, customer, unit = key
    balance = None if customer is None else 0
    return Account(storefront_id=storefront, kind=kind, customer_id=customer, unit=unit, balance_minor=balance)


def _transfer(posting, accounts, at):
    source, target = (accounts[_key(posting, kind)] for kind in _ROUTES[posting.leg])
    return Transfer(
        storefront_id=posting.reward.storefront_id,
        source=source,
        target=target,
        amount_minor=posting.amount_minor,
        unit=posting.reward.unit,
        reward=posting.reward,
        reward_version=posting.reward.version,
        leg=posting.leg,
        at=at,
    )


def _move_balances(transfers, accounts):
    changes = defaultdict(int)
    for transfer in transfers:
        changes[transfer.source_id] -= transfer.amount_minor
        changes[transfer.target_id] += transfer.amount_minor
    kept = [(pk, change) for pk, change in changes.items() if accounts[pk].customer_id is not None and change]
    if kept:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE rewards_account SET balance_minor = balance_minor + moved.change "
                "FROM unnest(%s::bigint[], %s::bigint[]) AS moved (id, change) WHERE rewards_account.id = moved.id",
                [[pk for pk, _ in kept], [change for _, change in kept]],
            )
