"""Codes that a shop takes something off for, as its platform keeps them: made once, ended while unused.

Each of ``SHOPS`` has ``find(caller, discount)`` → ``Known`` or None, ``make(caller, discount)`` → the platform's id,
``renew(caller, known, discount)``, ``end(caller, known)``, and ``check(caller, currency)``, which refuses in words.
"""

from dataclasses import dataclass
from datetime import datetime

from advocacy.platforms import shopify_discounts, stripe_promotions, woocommerce_coupons
from advocacy.refusals import Refused

SHOPS = {"shopify": shopify_discounts, "woocommerce": woocommerce_coupons, "stripe": stripe_promotions}
MADE, THERE, ENDED, USED, NONE = "made", "there", "ended", "used", "none"


@dataclass(frozen=True, kw_only=True)
class Discount:
    """A code as a shop is to have it. ``name`` is our id of it, ``family`` our id of all that are worth the same.

    An amount with its currency, or a percentage in basis points. ``uses``: how often in all, None is without a limit.
    """

    code: str
    name: str
    family: str
    label: str
    amount_minor: int = 0
    currency: str = ""
    percent_bp: int = 0
    minimum_minor: int = 0
    minimum_currency: str = ""
    uses: int | None = 1
    once_per_customer: bool = False
    starts_at: datetime
    ends_at: datetime | None = None


def bring(caller, discount):
    """``(what was done, the platform's id)``: afterwards the shop takes the code. MADE, THERE, or USED up already.

    Refuses a code that the shop has and that is not ours.
    """
    shop = SHOPS[caller.connection.platform]
    known = shop.find(caller, discount)
    if known is None:
        return MADE, shop.make(caller, discount)
    if not known.ours:
        said = f"{caller.name} has a discount of this code that was not made from here. End it there first."
        raise Refused("code_taken", said)
    if discount.uses is not None and known.used >= discount.uses:
        return USED, known.reference
    if not known.active or known.ends_at != discount.ends_at:
        shop.renew(caller, known, discount)
    return THERE, known.reference


def end(caller, discount):
    """ENDED; USED where somebody used it, then it stays as it is; NONE where the shop has no such code of ours."""
    shop = SHOPS[caller.connection.platform]
    known = shop.find(caller, discount)
    if known is None or not known.ours:
        return NONE
    if known.used and discount.uses == 1:
        return USED
    if known.active:
        shop.end(caller, known)
    return ENDED


def check(caller, *, currency):
    """Refuse where codes cannot be made: another currency than the shop's, or a permission that is missing."""
    SHOPS[caller.connection.platform].check(caller, currency)
