"""What is said of an order by any of its names, also before the order is here: then it waits, visibly.

``names`` are pairs such as ``("external_id", "1001")`` or ``("charge", "ch_1")``; each function answers the
``WaitingFact`` where no order has one of them yet, else what its verb answers.
"""

from django.db import transaction

from advocacy.refusals import NotFound
from referrals.models import Source, WaitingKind
from referrals.orders import finding, fulfilments, recording, refunds, waiting


def bring_refund(*, storefront, names, refund, at, source=Source.API, lenient=True):
    """See ``refunds.refund``."""
    said = {"fields": refund, "fact_id": refund.get("refund_id"), "source": source, "lenient": lenient}
    with transaction.atomic():
        order = _order(storefront, names)
        if order is None:
            refunds.checked(refund, at)
            return waiting.keep(storefront=storefront, kind=WaitingKind.REFUND, names=names, at=at, **said)
        done = refunds.refund(order=order, refund=refund, source=source, at=at, lenient=lenient)
        # It may have been deleted before we heard of it.
        waiting.take(order=order, at=at)
    return done


def bring_undone_refund(*, storefront, names, refund_id, source, at, lenient=True):
    """See ``refunds.undo_refund``. A refund that waits for its order is undone when both are here.

    ``lenient`` awaits also one that nobody told of yet; else it is NotFound.
    """
    with transaction.atomic():
        order = _order(storefront, names)
        if order is None or not order.refunds.filter(refund_id=refund_id).exists():
            said = {"fields": {}, "fact_id": refund_id, "source": source}
            told = {"storefront": storefront, "names": names, "fact_id": refund_id, "source": source}
            if not lenient and (order or waiting.named(kind=WaitingKind.REFUND, **told) is None):
                raise NotFound("unknown_refund", "Neither an order nor what waits for one has such a refund.")
            return waiting.keep(storefront=storefront, kind=WaitingKind.UNDONE_REFUND, names=names, at=at, **said)
        return refunds.undo_refund(order=order, refund_id=refund_id, at=at)


def bring_fulfilment(*, storefront, names, fulfilment, at, source=Source.API, lenient=True):
    """See ``fulfilments.fulfil``."""
    said = {"fields": fulfilment, "fact_id": fulfilment.get("fulfilment_id"), "source": source, "lenient": lenient}
    with transaction.atomic():
        order = _order(storefront, names)
        if order is None:
            fulfilments.checked(fulfilment, at)
            return waiting.keep(storefront=storefront, kind=WaitingKind.FULFILMENT, names=names, at=at, **said)
        return fulfilments.fulfil(order=order, fulfilment=fulfilment, at=at, lenient=lenient)


def bring_names(*, storefront, names, at):
    """Know the order of one of these names by all of them; None where none is here."""
    with transaction.atomic():
        order = _order(storefront, names)
        if order:
            order = recording.lock(order)
            finding.remember(order, names)
            waiting.take(order=order, at=at)
    return order


def _order(storefront, names):
    finding.wait_for_turn(storefront, names)
    return finding.of(storefront=storefront, names=names)
