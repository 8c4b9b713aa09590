"""What looks for cheats: ``{key: module}``. A new check is one file and one line; see ``referrals.fraud``."""

from referrals.fraud.checks import (
    banned_site,
    crowded_address,
    crowded_network,
    disposable_email,
    facebook_click,
    known_payment,
    loop,
    paid_traffic,
    refund_rate,
    rejected_before,
    same_device,
    same_network,
    same_payment,
    same_shipping,
    similar_email,
    too_fast,
    velocity,
)
from rewards.payouts import one_destination

CHECKS = {
    "same_device": same_device,
    "same_payment": same_payment,
    "known_payment": known_payment,
    "loop": loop,
    "similar_email": similar_email,
    "disposable_email": disposable_email,
    "same_payout": one_destination,
    "rejected_before": rejected_before,
    "velocity": velocity,
    "crowded_network": crowded_network,
    "crowded_address": crowded_address,
    "refund_rate": refund_rate,
    "too_fast": too_fast,
    "banned_site": banned_site,
    "paid_traffic": paid_traffic,
    "same_shipping": same_shipping,
    "same_network": same_network,
    "facebook_click": facebook_click,
}
