"""What happens after each event, by lane: the one place where the apps meet.

A handler is called with all its events of a batch, in event order, inside the transaction that marks them done. It only
writes rows: no network, no mail, no broker.
"""

from advocacy import events, mails, standing
from advocacy.mails import kinds
from advocacy.models import Lane
from advocacy.outbox import telling
from advocacy.outbox.catalogue import TYPES
from config import link_codes, settling
from referrals import buyers, links, rollups
from referrals import events as of_referrals
from referrals import merging as bonds
from rewards import crediting, shop_spending
from rewards import events as of_rewards
from rewards.coupons import using
from rewards.settlement import parting

# Their modules fill the catalogue, which must be whole here.
_CATALOGUES = (events, of_referrals, of_rewards)
# In the lane of settling is what decides about money, and nothing else that its commit would wait for.
_FOLLOWED = {"people": [standing.keep, rollups.mark, buyers.mark]}
# Nor what is used there: a batch would lock the accounts of those codes before its own subjects.
_SENT = {"people": [standing.keep, rollups.mark, using.in_orders, shop_spending.follow]}
_ORDER = {"people": [*_SENT["people"], buyers.mark]}

_MERGED = {"money": [bonds.follow], "people": [standing.keep, rollups.mark, buyers.mark]}
_PARTED = _MERGED | {"money": [bonds.follow, parting.part]}

_OWN = {
    "link.created": {"people": [link_codes.follow]},
    "link.added": {"people": [link_codes.follow]},
    "link.changed": {"people": [link_codes.follow]},
    "advocate.enrolled": {"money": [links.first_link_for], "people": [rollups.mark]},
    "advocate.added": {"people": [rollups.mark]},
    "advocate.changed": {"money": [crediting.resume], "people": [link_codes.follow]},
    "customer.changed": {"people": [rollups.mark, buyers.mark]},
    "customer.merged": _MERGED,
    "customer.unmerged": _PARTED,
    "customer.erased": {"people": [buyers.mark]},
    "referral.created": _FOLLOWED,
    "referral.imported": _FOLLOWED,
    "referral.ended": _FOLLOWED,
    "order.recorded": _ORDER,
    # No code of ours was used in it, and no credit spent.
    "order.imported": _FOLLOWED,
    "order.changed": _ORDER,
    "order.fulfilled": _SENT,
    "order.refunded": _ORDER,
    "conversion.recorded": _FOLLOWED,
    "conversion.adjusted": _FOLLOWED,
    "conversion.held": _FOLLOWED,
    "conversion.released": _FOLLOWED,
    "conversion.rejected": _FOLLOWED,
}


def with_rules(own):
    """Whatever a rule may be triggered by is settled first, and so is every later event of its subject."""
    subjects = {each.subject for each in TYPES.values() if each.triggers}
    triggering = {name for name, each in TYPES.items() if each.subject in subjects and each.settles}
    handlers = {name: dict(own.get(name, {})) for name in {*own, *triggering}}
    for name in triggering:
        handlers[name]["money"] = [settling.settle, *handlers[name].get("money", [])]
    return handlers


def with_webhooks_and_mails(own):
    """The world may be told of everything; see ``record`` for who has asked."""
    return {
        name: own.get(name, {}) | {Lane.OUT.value: [telling.tell, *([mails.follow] if name in kinds.EVENTS else [])]}
        for name in TYPES
    }


HANDLERS = with_webhooks_and_mails(with_rules(_OWN))
