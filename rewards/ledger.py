"""Post transfers and keep the balances of customers' accounts equal to their sum."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from advocacy.models import bulk
from rewards import locks, rules
from rewards.models import HOUSE, ROUTES, Account, AccountKind, Reward, Transfer

# Where a reward keeps what is in an account of this kind; the funding account is everything else.
COLUMNS = {kind: f"{kind}_minor" for kind in AccountKind if kind != AccountKind.FUNDING}
_HOUSE = frozenset(HOUSE)


@dataclass(frozen=True, slots=True)
class Posting:
    """One move of a reward, at the reward's current version. ``reference``: the redemption, payout or adjustment."""

    reward: Reward
    leg: str
    amount_minor: int
    reference: UUID | None = None


def move(reward, legs):
    """Change a reward's amounts and status by ``[(leg, amount)]``, in memory; its version goes up by one."""
    reward.version += 1
    for leg, amount in legs:
        source, target = ROUTES[leg]
        if source in COLUMNS:
            setattr(reward, COLUMNS[source], getattr(reward, COLUMNS[source]) - amount)
        if target in COLUMNS:
            setattr(reward, COLUMNS[target], getattr(reward, COLUMNS[target]) + amount)
    reward.status = rules.status(
        pending=reward.pending_minor,
        available=reward.available_minor,
        reserved=reward.reserved_minor,
        spent=reward.spent_minor,
        paid=reward.paid_minor,
        expired=reward.expired_minor,
    )


def post(postings, *, at):
    """Insert transfers for these postings and move the balances.

    Needs the rewards' subjects, locked and read after that: a transfer notes how many decisions they had. A posting
    that was made before, by its (reward, version, leg), is an IntegrityError: nothing is posted twice.
    """
    if not postings:
        return []
    keys = {_key(posting.reward, kind) for posting in postings for kind in ROUTES[posting.leg]}
    locked = accounts(keys=keys)
    transfers = [_transfer(posting, locked, at) for posting in postings]
    bulk.insert(transfers)
    _move_balances(transfers, {account.pk: account for account in locked.values()})
    return transfers


def accounts(*, keys):
    """The accounts of these keys, made where they are missing, a customer's locked: ``{key: Account}``.

    A key is (storefront, kind, customer or None for the house, unit, form), of ids.
    """
    return locks.accounts(rows=[_account(key) for key in sorted(keys, key=_place)])


def _key(reward, kind):
    owner = None if kind in _HOUSE else reward.recipient_id
    return reward.storefront_id, kind.value, owner, reward.unit, reward.form


def _place(key):
    """The house's first; its customer is None."""
    storefront, kind, customer, unit, form = key
    return storefront, customer or 0, kind, unit, form


def _account(key):
    storefront, kind, customer, unit, form = key
    balance = None if customer is None else 0
    return bulk.made(
        Account, storefront_id=storefront, kind=kind, customer_id=customer, unit=unit, form=form, balance_minor=balance
    )


def _transfer(posting, accounts, at):
    source, target = (accounts[_key(posting.reward, kind)] for kind in ROUTES[posting.leg])
    return bulk.made(
        Transfer,
        storefront_id=posting.reward.storefront_id,
        source=source,
        target=target,
        amount_minor=posting.amount_minor,
        unit=posting.reward.unit,
        reward=posting.reward,
        reward_version=posting.reward.version,
        decided=posting.reward.subject.decisions_made,
        leg=str(posting.leg),
        reference=posting.reference,
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
