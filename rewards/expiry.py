"""What is not spent in time expires; whose it is is reminded before; an admin may give it more time."""

import logging
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from advocacy.models import Connection
from advocacy.outbox.interruptions import pass_on
from advocacy.outbox.record import record
from advocacy.refusals import Refused
from rewards import crediting, ledger, locks
from rewards import events as catalogue
from rewards.models import Account, AccountKind, Form, Leg, Reward

log = logging.getLogger(__name__)


def expire(*, at, limit=500, storefront=None):
    """Let expire what is left of lots that are over; returns how many. Call again while it returns any.

    What is over pays the wallet's debts first; only the rest of it expires, and what others hold stays: also store
    credit in a shop's own account, of which nobody here knows what was spent. One that fails is logged and stays; the
    others expire. Several calls at once take different lots.
    """
    over = _with_something_left(but=_to_stay(at)).filter(expires_at__lte=at)
    return _batch(locks.of_only(storefront, over).order_by("expires_at", "pk"), _expire, at, limit)


def remind(*, at, limit=500, storefront=None):
    """Record once for each lot that it expires soon, as its program says; returns how many, like ``expire``."""
    ahead = ExpressionWrapper(
        F("program__expiry_reminder_days") * Value(timedelta(days=1)), output_field=DurationField()
    )
    soon = _with_something_left().filter(
        reminded_at=None, expires_at__gt=at, expires_at__lte=at + timedelta(days=365), expires_at__lt=at + ahead
    )
    return _batch(locks.of_only(storefront, soon).order_by("expires_at", "pk"), _remind, at, limit)


def _with_something_left(*, but=0):
    """Lots with something of their own in a wallet with something to spend ``but`` for so much."""
    wallet = Account.objects.filter(
        storefront=OuterRef("storefront"),
        customer=OuterRef("recipient"),
        unit=OuterRef("unit"),
        form=OuterRef("form"),
        kind=AccountKind.AVAILABLE,
        balance_minor__gt=but,
    )
    in_shop = Connection.objects.filter(storefront=OuterRef("storefront"), holds_credit=True)
    return Reward.objects.filter(Exists(wallet), available_minor__gt=0).exclude(Q(form=Form.CREDIT) & Exists(in_shop))


def _not_over(at):
    lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return Reward.objects.filter(lasting, available_minor__gt=0)


def _to_stay(at):
    """What the lots of an Account hold whose time is not over."""
    lots = _not_over(at).filter(
        storefront=OuterRef("storefront"), recipient=OuterRef("customer"), unit=OuterRef("unit"), form=OuterRef("form")
    )
    total = lots.order_by().values("recipient").annotate(total=Sum("available_minor")).values("total")
    return Coalesce(Subquery(total), 0)


def _batch(rows, work, at, limit):
    subjects = list(rows.values_list("subject", flat=True)[:limit])
    try:
        return _locked(rows, subjects, work, at)
    except Exception as error:
        pass_on(error)
        log.exception("%s of %s subjects failed; taking them one by one.", work.__name__, len(subjects))
    return sum(_alone(rows, subject, work, at) for subject in subjects)


def _alone(rows, subject, work, at):
    try:
        return _locked(rows, [subject], work, at)
    except Exception as error:
        pass_on(error)
        log.exception("%s of subject %s failed.", work.__name__, subject)
        return 0


def _locked(rows, subjects, work, at):
    with transaction.atomic():
        locked = locks.subjects_by_id(ids=subjects)
        found = rows.filter(subject__in=locked).select_related("rule", "subject")
        return work(list(found), at) if locked else 0


def _expire(rewards, at):
    wallets = {_wallet(reward) for reward in rewards}
    over = _over(wallets, at)
    postings = []
    for reward in rewards:
        amount = min(reward.available_minor, over[_wallet(reward)])
        if amount > 0:
            over[_wallet(reward)] -= amount
            postings.append(ledger.Posting(reward, Leg.EXPIRE, amount))
    for posting in postings:
        ledger.move(posting.reward, [(posting.leg, posting.amount_minor)])
    expired = [posting.reward for posting in postings]
    crediting.save(expired)
    ledger.post(postings, at=at)
    record([crediting.draft(reward, catalogue.REWARD_EXPIRED, at) for reward in expired], at=at)
    return len(expired)


def _over(wallets, at):
    """``{wallet: what expires of it}``: its balance but for the lots that stay. Locks the accounts."""
    accounts = ledger.accounts(keys=_keys(wallets))
    stays = Counter()
    for reward in _not_over(at).filter(recipient__in={recipient for _, recipient, *_ in wallets}):
        stays[_wallet(reward)] += reward.available_minor
    return {
        (storefront, *rest): accounts[storefront, "available", *rest].balance_minor - stays[storefront, *rest]
        for storefront, *rest in wallets
    }


def _wallet(reward):
    return reward.storefront_id, reward.recipient_id, reward.unit, reward.form


def _keys(wallets):
    theirs = {(storefront, "available", *rest) for storefront, *rest in wallets}
    return theirs | {(storefront, "expired", None, unit, form) for storefront, _, unit, form in wallets}


def _remind(rewards, at):
    for reward in rewards:
        reward.version += 1
        reward.reminded_at = at
    Reward.objects.bulk_update(rewards, ["version", "reminded_at"])
    record([crediting.draft(reward, catalogue.REWARD_EXPIRING, at) for reward in rewards], at=at)
    return len(rewards)


def prolong(*, reward, until, at):
    """Let a reward expire at another time (None: never); what of it had expired comes back. Returns how much did.

    Raises ``Refused`` ("expiry_is_over", "nothing_to_prolong"). See ``adjustments.prolong``, which keeps who and why.
    """
    if until is not None and until <= at:
        sentence = "Choose a time that is still to come."
        raise Refused("expiry_is_over", sentence, errors={"expires_at": sentence})
    with transaction.atomic():
        row = locks.lots(rewards=Reward.objects.filter(pk=reward.pk)).get()
        if not row.credited_at or not (row.available_minor > 0 or row.reserved_minor or row.expired_minor):
            raise Refused("nothing_to_prolong", "Nothing of this reward is left that could expire.")
        back = row.expired_minor
        if back:
            ledger.move(row, [(Leg.UNEXPIRE, back)])
        else:
            row.version += 1
        row.expires_at, row.reminded_at = until, None
        row.save()
        ledger.post([ledger.Posting(row, Leg.UNEXPIRE, back)] if back else [], at=at)
        record([crediting.draft(row, catalogue.REWARD_PROLONGED, at)], at=at)
    return back
