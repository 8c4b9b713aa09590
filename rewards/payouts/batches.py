"""A batch's way: approved by two people above a limit, exported, or cancelled. Each step once."""

from django.db import transaction

from advocacy.refusals import Conflict, Refused
from rewards.models import BatchState, Payout, PayoutBatch, PayoutState
from rewards.payouts import changing, moving
from rewards.payouts import taken_back as refunded
from rewards.payouts.kinds import KINDS


def approve(*, batch, at, by=None, taken_back=""):
    """Let it be exported; returns the batch. ``by``: who, None where a storefront's server does it. ``taken_back``:
    what becomes of payouts of which a part was refunded since, "drop" or "pay"; ``Conflict`` where that must be said.

    Above the policy's limit its maker cannot. Where nobody made it (the schedule, the API), a second person must follow
    the first: until then it is a draft still. Raises ``Refused``.
    """
    with transaction.atomic():
        batch = changing.locked(batch)
        if batch.state != BatchState.DRAFT:
            raise Conflict("batch_not_draft", f"This batch is {batch.state} already.")
        if batch.needs_second and by is None:
            raise Refused("four_eyes", "This batch is above the limit: two people approve it in the admin.")
        _refuse_alone(batch, by)
        if batch.needs_second and batch.made_by is None and batch.first_approved_by is None:
            batch.first_approved_by = by
        else:
            batch.state, batch.approved_by, batch.approved_at = BatchState.APPROVED, by, at
        refunded.settle(batch, answer=taken_back, at=at)
        batch.save()
    return batch


def _refuse_alone(batch, by):
    if not batch.needs_second:
        return
    if batch.first_approved_by == by:
        raise Refused("four_eyes", f"One approval given by {by}; a second person must approve.")
    if batch.made_by == by:
        raise Refused("four_eyes", "This batch is above the limit: somebody else than its maker must approve it.")


def export(*, batch, at):
    """Hand the batch over; returns ``(batch, File)``. Asked again it answers the same file and changes nothing.

    From then on its results are awaited; a kind that gives by itself has given.
    """
    with transaction.atomic():
        batch = changing.locked(batch)
        if batch.state == BatchState.APPROVED:
            batch.state, batch.exported_at = BatchState.EXPORTED, at
            batch.save(update_fields=["state", "exported_at"])
            changing.change(changing.of(batch), PayoutState.SENT, at=at)
        elif batch.state not in (BatchState.EXPORTED, BatchState.SETTLED):
            raise Conflict("batch_not_approved", f"This batch is {batch.state}; it is exported once it is approved.")
        payouts = [payout for payout in changing.of(batch) if payout.sent_at]
    return batch, KINDS[batch.kind].file(batch, payouts)


def give(*, batch, at):
    """Give what the batch's kind gives by itself, one by one, to all that are sent; returns how many. Repeat at will.

    What cannot be given now (no card is left) stays sent, with the reason, and is tried again.
    """
    kind = KINDS[batch.kind]
    if kind.give is None:
        return 0
    with transaction.atomic():
        batch = changing.locked(batch)
        sent = [payout for payout in changing.of(batch) if payout.state == PayoutState.SENT]
        ready = kind.ready(batch, sent, at) if kind.ready else sent
        moving.lock([payout.public_id for payout in ready])
        given = [payout for payout in ready if _given(kind, payout, at)]
        said = {payout.number: (payout.reference, "") for payout in given}
        changing.change(given, PayoutState.PAID, at=at, said=said)
        _wait(sent, ready)
        settle(batch, at=at)
    return len(given)


def _wait(sent, ready):
    """For what the kind has none of now."""
    late = {payout.pk for payout in sent} - {payout.pk for payout in ready}
    Payout.objects.filter(pk__in=late).exclude(waits_for="pool_empty").update(waits_for="pool_empty")


def give_waiting(*, at):
    """Give what exported batches still owe, of kinds that give by themselves."""
    kinds = [name for name, kind in KINDS.items() if kind.give]
    for batch in PayoutBatch.objects.filter(state=BatchState.EXPORTED, kind__in=kinds).order_by("pk"):
        give(batch=batch, at=at)


def _given(kind, payout, at):
    try:
        with transaction.atomic():
            payout.reference = kind.give(payout, payout.public_id, at)
    except Refused as refused:
        payout.failure = refused.message[:200]
        payout.save(update_fields=["failure"])
        return False
    payout.failure = ""
    return True


def cancel(*, batch, at, reason=""):
    """Give all of it back. Only before it was exported: afterwards each payout's result is told."""
    with transaction.atomic():
        batch = changing.locked(batch)
        if batch.state not in (BatchState.DRAFT, BatchState.APPROVED):
            raise Conflict(
                "batch_not_open", f"This batch is {batch.state}. After the export, tell each payout’s result instead."
            )
        payouts = changing.of(batch)
        said = {payout.number: ("", reason[:200]) for payout in payouts}
        changing.change(payouts, PayoutState.CANCELLED, at=at, said=said)
        batch.state, batch.ended_at = BatchState.CANCELLED, at
        batch.save(update_fields=["state", "ended_at"])
    return batch


def drop(*, payout, reason, at):
    """Give one payout of a draft back. Nothing where the batch is no draft any more."""
    with transaction.atomic():
        batch = changing.locked(payout.batch)
        mine = [each for each in changing.of(batch) if each.pk == payout.pk]
        if batch.state == BatchState.DRAFT and mine:
            changing.drop(batch, mine, said={payout.number: ("", reason)}, at=at)
            batch.save(update_fields=["state", "ended_at", "total_minor", "payouts_count"])


def settle(batch, *, at):
    """An exported batch of which every payout has its result is settled. Needs it locked."""
    done = not batch.payouts.filter(state__in=[PayoutState.FROZEN, PayoutState.SENT]).exists()
    if batch.state == BatchState.EXPORTED and done:
        batch.state, batch.ended_at = BatchState.SETTLED, at
        batch.save(update_fields=["state", "ended_at"])
