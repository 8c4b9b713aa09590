"""What is done for errands of each kind: ``do(*, errand, caller, at)`` answers a sentence; see ``advocacy/errands``."""

from config import link_codes
from rewards import shop_credit
from rewards.coupons import making

ERRANDS = {"coupon": making.do, "link_code": link_codes.do, "credit": shop_credit.do}
