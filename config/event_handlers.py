"""What happens after each event, by lane: the one place where the apps meet.

A handler is called with all its events of a batch, in event order, inside the transaction that marks them done. It only
writes rows: no network, no mail, no broker.
"""

from advocacy import standing
from referrals import links, rollups
from rewards import settlement
from rewards.coupons import using

_PEOPLE = {"people": [standing.keep]}
# Not in the lane of settling: there a batch would lock the accounts of codes that were used before its own subjects.
_ORDER = {"money": [rollups.mark], "people": [standing.keep, using.in_orders]}
_CONVERSION = {"money": [settlement.settle, rollups.mark]} | _PEOPLE

HANDLERS = {
    "advocate.enrolled": {"money": [links.first_link_for, rollups.mark]},
    "referral.created": {"money": [settlement.settle, rollups.mark]} | _PEOPLE,
    "order.recorded": _ORDER,
    "order.changed": _ORDER,
    "order.fulfilled": _ORDER,
    "order.refunded": _ORDER,
    "conversion.recorded": _CONVERSION,
    "conversion.adjusted": _CONVERSION,
    "conversion.held": _CONVERSION,
    "conversion.released": _CONVERSION,
    "conversion.rejected": _CONVERSION,
}
