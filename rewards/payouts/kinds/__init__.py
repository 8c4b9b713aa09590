"""The ways in which payouts leave: each is a file here and a line in this dictionary.

A kind writes a file that somebody hands on (``file``), or gives by itself (``give``). ``give`` may be called again with
the same key, the payout's public id, and then gives nothing more.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rewards.models import PayoutKind
from rewards.payouts.kinds import gift_card, manual, sepa
from rewards.payouts.kinds.files import File

__all__ = ["KINDS", "File", "Kind"]


@dataclass(frozen=True)
class Kind:
    """``needs``: the kinds of destination of which a payee must have one; empty: no payee is needed.

    ``unfit(policy)``: a sentence why nothing can be paid by it, or "". ``wrong(payee)``: the reason key of why they
    cannot be paid by it, though they have a destination, or "".
    ``file(batch, payouts)`` → File. ``give(payout, key, at)`` → the reference of what was given, or Refused.
    ``ready(batch, payouts, at)``: those that can be given now; the others wait with ``pool_empty``.
    ``take_back(payouts, at)``: what was given is void; Refused where it cannot be.
    """

    needs: tuple = ()
    unfit: Callable = lambda policy: ""
    wrong: Callable = lambda payee: ""
    file: Callable | None = None
    give: Callable | None = None
    ready: Callable | None = None
    take_back: Callable | None = None


KINDS = {
    PayoutKind.MANUAL: Kind(needs=("iban", "other"), file=manual.file),
    PayoutKind.SEPA: Kind(needs=("iban",), unfit=sepa.unfit, wrong=sepa.wrong, file=sepa.file),
    PayoutKind.GIFT_CARD: Kind(
        unfit=gift_card.unfit,
        file=gift_card.file,
        give=gift_card.give,
        ready=gift_card.ready,
        take_back=gift_card.take_back,
    ),
}
