"""What customers were worth over the first days after their first order: those a friend brought, and the others.

Value is revenue kept (after discounts and refunds, before tax and shipping) of paid orders in the storefront's own
currency. Only customers old enough for a horizon are in its mean; younger ones would bias it and are counted apart.
All of it is read from the sums that ``referrals.buyers`` keeps.
"""

from referrals.lifetime_value.asking import answer, compare, compare_all, compare_by
from referrals.lifetime_value.curves import CURVE, curve
from referrals.lifetime_value.parts import CUTS
from referrals.lifetime_value.words import COMPARED_WITH, DEFINITION, MATCHED, REVENUE_KEPT
from referrals.models import HORIZONS

__all__ = [
    "COMPARED_WITH",
    "CURVE",
    "CUTS",
    "DEFINITION",
    "HORIZONS",
    "MATCHED",
    "REVENUE_KEPT",
    "answer",
    "compare",
    "compare_all",
    "compare_by",
    "curve",
]
