"""Coupons and gift cards: a code from the pool that the rule names, void again when its reward is taken back."""

from rewards.coupons.assigning import give, ready
from rewards.coupons.ending import taken_back

__all__ = ["give", "ready", "taken_back"]
