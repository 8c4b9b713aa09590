"""What a platform's message comes to: calls of our own verbs. Pure.

``names`` say of which order, as ``("external_id", "1001")`` or ``("charge", "ch_1")``; ``fields`` are those of the API.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TakeOrder:
    fields: dict


@dataclass(frozen=True)
class TakeRefund:
    names: tuple
    fields: dict


@dataclass(frozen=True)
class TakeAllRefunds:
    """Every refund that the order has now: one of this source that is missing was deleted."""

    names: tuple
    refunds: tuple


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
class RedactCustomer:
    fields: dict


@dataclass(frozen=True)
class AskForData:
    """A customer wants to know what is kept of them."""

    fields: dict


@dataclass(frozen=True)
class EndConnection:
    """The shop took our access away, or is gone."""


@dataclass(frozen=True)
class Reading:
    """``ignored``: why nothing in the message is ours; ``test``: it belongs to the storefront's test twin."""

    calls: tuple = ()
    ignored: str = ""
    test: bool = False
    # Kept on the message: what was odd, in words.
    notes: tuple = field(default=())
