"""What a platform's message comes to: calls of our own verbs. Pure.

``names`` say of which order, as ``("external_id", "1001")`` or ``("charge", "ch_1")``; ``fields`` are those of the API.
"""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class TakeOrder:
    """``unread``: the platform's names of amounts that are none, and count as 0."""

    fields: dict
    unread: tuple = ()


@dataclass(frozen=True)
class TakeRefund:
    names: tuple
    fields: dict


@dataclass(frozen=True)
class TakeAllRefunds:
    """Every refund that the order had at ``told_at``: one of this source that is missing was deleted.

    ``there``: the ids of all of them, also of those whose amount cannot be read.
    """

    names: tuple
    refunds: tuple
    there: tuple
    told_at: datetime | None = None


@dataclass(frozen=True)
class TakeRefundedSum:
    """So much of a charge was given back by then, in refunds that may be told one by one too."""

    names: tuple
    charge: str
    amount_minor: int
    refunded_at: datetime | None = None


@dataclass(frozen=True)
class NameOrder:
    """The names are of one order, which is here by one of them."""

    names: tuple


@dataclass(frozen=True)
class UndoRefund:
    names: tuple
    refund_id: str


@dataclass(frozen=True)
class TakeFulfilment:
    names: tuple
    fields: dict


@dataclass(frozen=True)
class TakeCustomer:
    fields: dict


@dataclass(frozen=True)
class MergeCustomers:
    """``keep`` and ``lose`` are external ids."""

    keep: str
    lose: str


@dataclass(frozen=True)
class AskPrivacy:
    """Somebody has to answer by hand: ``kind`` of a ``PrivacyRequest``; ``fields`` of the customer, if it is of one."""

    kind: str
    fields: dict
    reference: str = ""
    orders: tuple = ()


@dataclass(frozen=True)
class EndConnection:
    """The shop took our access away, or is gone."""


@dataclass(frozen=True)
class Reading:
    """``ignored``: why nothing in the message is ours; ``test``: it belongs to the storefront's test twin.

    ``shop``: as which the message says it comes. Where the connection knows another, nothing of it is done.
    """

    calls: tuple = ()
    ignored: str = ""
    test: bool = False
    shop: str = ""
    # Kept on the message: what was odd, in words.
    notes: tuple = field(default=())


def names(**said):
    """``names(charge="ch_1", invoice="")``: those that are known."""
    return tuple((kind, value) for kind, value in said.items() if value)
