"""Give and take by hand, with a reason; undone by the opposite."""

from datetime import timedelta

from django.db import transaction

from advocacy import money, persons
from advocacy.outbox.record import Draft, record
from advocacy.refusals import Conflict, Refused
from rewards import crediting, expiry, granting, ledger, locks, lots
from rewards import events as catalogue
from rewards.coupons import ending
from rewards.models import AccountKind, Adjustment, AdjustmentKind, Form, Leg, Reward

# In place of words about somebody who was erased: nothing would take those away again.
ERASED = "(erased)"
FORMS = (Form.CREDIT, Form.POINTS, Form.CASH)


def give(*, at, hold_days=0, expires_at=None, **said):
    """Make a reward without a rule. The Adjustment; ``said`` as of ``_new``. Raises ``Refused``."""
    due_at = at + timedelta(days=hold_days)
    if expires_at is not None and expires_at <= due_at:
        raise Refused("expiry_is_over", "It would expire before it is credited; choose a later time.")
    made = _new(kind=AdjustmentKind.GIVEN, hold_days=hold_days, expires_at=expires_at, at=at, **said)
    with transaction.atomic():
        made.reward = _grant(made, made.amount_minor, due_at, at)
        return _keep(made, at)


def take(*, at, allow_negative=False, **said):
    """Take from the customer's lots, as spending does. The Adjustment; ``said`` as of ``_new``.

    Raises ``lots.NotEnough`` where the wallet has less, unless it may fall below 0: then later credits pay that off.
    """
    made = _new(kind=AdjustmentKind.TAKEN, allow_negative=allow_negative, at=at, **said)
    with transaction.atomic():
        try:
            _use(made, made.amount_minor, at)
        except lots.NotEnough as short:
            if not allow_negative:
                raise
            if short.spendable:
                _use(made, short.spendable, at)
            made.reward = _owe(made, made.amount_minor - short.spendable, at)
        return _keep(made, at)


def undo(*, adjustment, reason, at, by=None, allow_negative=False):
    """Make the opposite of an adjustment, once: what it gave is taken back from its own lot, what it took returns.

    Raises ``Conflict`` ("already_undone", "cannot_be_undone"), or ``Refused`` where a part was spent, as ``take`` does.
    """
    if adjustment.kind == AdjustmentKind.PROLONGED or adjustment.undoes_id:
        raise Conflict("cannot_be_undone", "Only what was given or taken is undone; make another adjustment.")
    given = adjustment.kind == AdjustmentKind.GIVEN
    opposite = _new(
        kind=AdjustmentKind.TAKEN if given else AdjustmentKind.GIVEN,
        program=adjustment.program,
        customer=adjustment.customer,
        form=adjustment.form,
        unit=adjustment.unit,
        amount_minor=adjustment.amount_minor,
        reward=adjustment.reward,
        allow_negative=allow_negative,
        undoes=adjustment,
        reason=reason,
        by=by,
        at=at,
    )
    with transaction.atomic():
        _first_undoing(adjustment)
        if given:
            _take_back(adjustment, allow_negative, at)
        else:
            parts = lots.carry(reference=adjustment.public_id, leg=Leg.UNSPEND, at=at)
            lots.keep_alive([reward for reward, _ in parts], at=at)
        return _keep(opposite, at)


def prolong(*, reward, until, reason, at, by=None):
    """Let a reward expire at another time (None: never), also one that has. The Adjustment. See ``expiry.prolong``."""
    with transaction.atomic():
        ending.prolong(reward=reward, until=until, at=at)
        back = expiry.prolong(reward=reward, until=until, at=at)
        made = Adjustment(
            storefront_id=reward.storefront_id,
            program=reward.program,
            customer=reward.recipient,
            kind=AdjustmentKind.PROLONGED,
            form=reward.form,
            unit=reward.unit,
            amount_minor=back,
            reward=reward,
            expires_at=until,
            reason=reason,
            made_by=by,
            made_at=at,
        )
        return _keep(made, at)


def _new(*, program, customer, form, at, unit=None, by=None, **columns):
    """``unit``: of the program, or points, unless said otherwise. ``by``: who of the staff; None for a storefront's
    server. ``columns``: amount_minor and reason always."""
    if form not in FORMS:
        raise Refused("form_not_adjustable", f"By hand one can give and take: {', '.join(FORMS)}.")
    if customer.storefront_id != program.storefront_id:
        raise Refused("other_storefront", "Choose a program of the customer's own storefront.")
    return Adjustment(
        storefront_id=program.storefront_id,
        program=program,
        customer=customer,
        form=form,
        unit=money.POINTS if form == Form.POINTS else unit or program.currency,
        made_by=by,
        made_at=at,
        **columns,
    )


def _grant(made, amount, due_at, at):
    return granting.grant(
        of=made,
        trigger="adjustment",
        customer=made.customer,
        program=made.program,
        form=made.form,
        unit=made.unit,
        amount_minor=amount,
        due_at=due_at,
        expires_at=made.expires_at,
        at=at,
    )


def _use(made, amount, at):
    lots.take(
        storefront=made.storefront,
        customer=made.customer,
        unit=made.unit,
        form=made.form,
        amount=amount,
        leg=Leg.USE,
        reference=made.public_id,
        at=at,
    )


def _owe(made, amount, at):
    """A lot of nothing that is used beyond it."""
    reward = _grant(made, 0, at, at)
    ledger.move(reward, [(Leg.USE, amount)])
    reward.save()
    ledger.post([ledger.Posting(reward, Leg.USE, amount, made.public_id)], at=at)
    return reward


def _first_undoing(adjustment):
    Adjustment.objects.select_for_update().get(pk=adjustment.pk)
    if Adjustment.objects.filter(undoes=adjustment).exists():
        raise Conflict("already_undone", "This adjustment was undone before.")


def _take_back(adjustment, allow_negative, at):
    reward = locks.lots(rewards=Reward.objects.filter(pk=adjustment.reward_id)).get()
    people = persons.ids_of(reward.recipient)
    keys = {(reward.storefront_id, str(AccountKind.AVAILABLE), owner, reward.unit, reward.form) for owner in people}
    accounts = ledger.accounts(keys=keys)
    balance = sum(accounts[key].balance_minor for key in keys)
    needed = adjustment.amount_minor - reward.pending_minor - reward.expired_minor
    if needed > balance and not allow_negative:
        has, asked = (money.plain(amount, reward.unit) for amount in (max(balance, 0), needed))
        raise Refused("not_enough_balance", f"A part was spent: there is {has} left, {asked} would be taken back.")
    crediting.bring([crediting.Target(reward, 0)], at=at)


def _keep(made, at):
    if persons.now(made.customer).erased_at:
        made.reason = ERASED
    made.save()
    record([_draft(made, at)], at=at)
    return made


def _draft(made, at):
    return Draft(
        type=catalogue.ADJUSTMENT_MADE,
        subject=made,
        storefront=made.storefront_id,
        customer=made.customer_id,
        program=made.program_id,
        facts={
            "kind": str(made.kind),
            "form": str(made.form),
            "unit": made.unit,
            "amount_minor": made.amount_minor,
            "reward": made.reward and str(made.reward.public_id),
            "undoes": made.undoes and str(made.undoes.public_id),
        },
        occurred_at=at,
    )
