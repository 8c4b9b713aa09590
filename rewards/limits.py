"""The limits above which two people are needed. A lower one counts at once; a higher one when a second person confirms.

Otherwise who wants to do something alone would raise the limit first.
"""

from django.contrib.auth import get_user_model
from django.db import transaction

from advocacy.models import Program
from advocacy.refusals import Conflict
from rewards.models import LimitChange, LimitChangeState


def change(*, of, minor, by, at, reason=""):
    """The LimitChange, or None where the limit is that already. ``of``: a Program or a PayoutPolicy.

    What was asked for before and still waits is withdrawn by it.
    """
    with transaction.atomic():
        row = type(of).objects.select_for_update(no_key=True).get(pk=of.pk)
        mine = {"program": row} if isinstance(row, Program) else {"policy": row}
        LimitChange.objects.filter(**mine, state=LimitChangeState.OPEN).update(
            state=LimitChangeState.WITHDRAWN, decided_by=by, decided_at=at
        )
        before = row.four_eyes_above_minor
        if minor == before:
            return None
        asked = LimitChange.objects.create(
            storefront_id=row.storefront_id,
            **mine,
            unit=row.currency,
            before_minor=before,
            after_minor=minor,
            reason=reason,
            asked_by=by,
            asked_at=at,
            alone=_alone(by),
        )
        if minor < before or asked.alone:
            _do(asked, by, at)
    return asked


def confirm(*, change, by, at):
    """The new limit counts. Raises ``Conflict`` for who asked for it."""
    with transaction.atomic():
        row = _locked(change)
        if row.asked_by_id == by.pk:
            raise Conflict("second_person_needed", "Somebody else than who asked for it must confirm a higher limit.")
        _do(row, by, at)
    return row


def withdraw(*, change, by, at):
    with transaction.atomic():
        row = _locked(change)
        row.state, row.decided_by, row.decided_at = LimitChangeState.WITHDRAWN, by, at
        row.save()
    return row


def _do(row, by, at):
    row.state, row.decided_by, row.decided_at = LimitChangeState.DONE, by, at
    row.save()
    # After the change: the database asks for it before it lets a limit be raised.
    of = row.program or row.policy
    of.four_eyes_above_minor = row.after_minor
    of.save(update_fields=["four_eyes_above_minor"])


def _alone(by):
    """Nobody else is there to confirm anything."""
    others = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(pk=by.pk)
    return not others.exists()


def _locked(change):
    """Open, and locked after what it is a limit of, as ``change`` does."""
    of = change.program or change.policy
    type(of).objects.select_for_update(no_key=True).get(pk=of.pk)
    rows = LimitChange.objects.select_for_update(of=("self",), no_key=True).select_related("program", "policy")
    row = rows.get(pk=change.pk)
    if row.state != LimitChangeState.OPEN:
        raise Conflict("limit_change_decided", f"This change is {row.get_state_display().lower()} already.")
    return row
