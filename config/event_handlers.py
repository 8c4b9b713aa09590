"""What happens after each event, by lane: the one place where the apps meet.

A handler is called with all its events of a batch, in event order, inside the transaction that marks them done. It only
writes rows: no network, no mail, no broker.
"""

from rewards import settlement

CONVERSION = {"money": [settlement.settle]}

HANDLERS = {
    "conversion.recorded": CONVERSION,
    "conversion.adjusted": CONVERSION,
    "conversion.held": CONVERSION,
    "conversion.released": CONVERSION,
    "conversion.rejected": CONVERSION,
}
