"""Make a batch: freeze what is due to each, write down what the others wait for."""

from collections import Counter

from django.db import transaction
from django.db.models import Max

from advocacy import persons
from advocacy.models import Storefront, bulk
from advocacy.refusals import Refused
from rewards import ledger, locks
from rewards.models import AccountKind, Form, Payout, PayoutBatch, PayoutPolicy, PayoutState
from rewards.payouts import due, moving, telling
from rewards.payouts.kinds import KINDS


class NothingToPay(Refused):
    """Nobody is due; carries how many wait for what."""


def gather(*, policy, at, by=None, scheduled_for=None):
    """A draft batch of all that is due by this policy now. Raises ``NothingToPay``.

    Two at once wait for each other, and the second finds what the first left.
    """
    with transaction.atomic():
        # Numbers are without gaps: one batch of a storefront at a time is made. Orders and rewards do not wait for it.
        persons.together([policy.storefront_id])
        storefront = Storefront.objects.select_for_update(no_key=True).get(pk=policy.storefront_id)
        if storefront.test_twin_of_id:
            raise Refused("test_mode", "Test data is never paid; make payouts of the live storefront.")
        policy = PayoutPolicy.objects.select_related("storefront", "pool").get(pk=policy.pk)
        if problem := KINDS[policy.kind].unfit(policy):
            raise Refused("payout_policy_unfit", problem)
        ready, waiting = _due(policy, at)
        _refuse_empty(ready, waiting)
        batch = _batch(policy, ready, waiting, made_by=by, made_at=at, scheduled_for=scheduled_for)
        payouts = [_payout(batch, each, at) for each in ready]
        _number(storefront, payouts)
        bulk.insert([*payouts, *(_waiting(batch, each, at) for each in waiting)])
        parts = [
            (lot, amount, payout.public_id)
            for each, payout in zip(ready, payouts, strict=True)
            for lot, amount in each.parts()
        ]
        moving.reserve(parts, at=at)
        telling.tell(payouts, at=at)
    return batch


def _due(policy, at):
    """Those who are paid and those who wait. Their lots, and then their accounts, are locked and read again."""
    to_pay = due.lots(policy).filter(recipient__in=due.customers(policy))
    rows = list(locks.lots(rewards=to_pay).select_related("program").order_by(*due.ORDER))
    ledger.accounts(keys={_account(policy, lot.recipient_id, kind) for lot in rows for kind in _KINDS})
    found = due.by_customer(policy, rows, at=at)
    owed = [each for each in found if each.amount_minor or each.waits_for != "minimum_payout"]
    return [each for each in owed if not each.waits_for], [each for each in owed if each.waits_for]


_KINDS = (AccountKind.AVAILABLE, AccountKind.RESERVED)


def _account(policy, customer, kind):
    return policy.storefront_id, kind.value, customer, policy.currency, Form.CASH.value


def _refuse_empty(ready, waiting):
    if ready:
        return
    reasons = Counter(each.waits_for for each in waiting)
    told = ", ".join(f"{count} for {key}" for key, count in sorted(reasons.items()))
    raise NothingToPay("nothing_to_pay", f"Nobody is due. {f'These wait: {told}.' if told else 'Nobody has cash.'}")


def _batch(policy, ready, waiting, **made):
    total = sum(each.amount_minor for each in ready)
    return PayoutBatch.objects.create(
        storefront=policy.storefront,
        policy=policy,
        currency=policy.currency,
        kind=policy.kind,
        total_minor=total,
        payouts_count=len(ready),
        waiting_count=len(waiting),
        needs_second=total > policy.four_eyes_above_minor,
        **made,
    )


def _payout(batch, each, at):
    return Payout(**_common(batch, each, at), state=PayoutState.FROZEN.value, version=1, **_payee(each.payee))


def _waiting(batch, each, at):
    state = PayoutState.WAITING.value
    return Payout(**_common(batch, each, at), state=state, waits_for=each.waits_for, numbers=each.numbers)


def _common(batch, each, at):
    return {
        "storefront_id": batch.storefront_id,
        "batch": batch,
        "customer_id": each.customer,
        "amount_minor": each.amount_minor,
        "currency": batch.currency,
        "made_at": at,
    }


def _payee(payee):
    if payee is None:
        return {}
    return {
        "payee_name": payee.name,
        "payee_country": payee.country,
        "payee_vat_id": payee.vat_id,
        "destination": payee.destination,
        "destination_print": payee.destination_print,
        "destination_end": payee.destination_end,
    }


def _number(storefront, payouts):
    last = Payout.objects.filter(storefront=storefront).aggregate(Max("number"))["number__max"] or 0
    for number, payout in enumerate(payouts, start=last + 1):
        payout.number = number
