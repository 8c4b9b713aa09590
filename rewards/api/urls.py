from django.urls import path

from rewards.api import payees, payouts, rules
from rewards.api.adjustments import Adjustments, OneAdjustment, PointsToCredit
from rewards.api.corrections import Corrections, OneCorrection, WithdrawCorrection
from rewards.api.coupons import Coupons, CouponUses, OneCoupon, TypedCodeUses
from rewards.api.payout_policies import PayoutPolicies, TaxLimits
from rewards.api.pools import CouponPools, CouponUploads, OneCouponPool
from rewards.api.rates import Rates
from rewards.api.redemptions import Confirmation, OneRedemption, Redemptions, Reversal
from rewards.api.rewards import OneReward, Rewards
from rewards.api.simulations import SimulateRule
from rewards.api.wallets import OneWallet, Statement, Wallets

urlpatterns = [
    path("rules", rules.Rules.as_view()),
    path("rules/simulate", SimulateRule.as_view()),
    path("rules/<str:id>", rules.OneRule.as_view()),
    path("rules/<str:id>/versions", rules.Versions.as_view()),
    path("rules/<str:id>/cancel_planned", rules.CancelPlanned.as_view()),
    path("rules/<str:id>/archive", rules.Archive.as_view()),
    path("corrections", Corrections.as_view()),
    path("corrections/<str:id>", OneCorrection.as_view()),
    path("corrections/<str:id>/withdraw", WithdrawCorrection.as_view()),
    path("payout_policies", PayoutPolicies.as_view()),
    path("tax_limits", TaxLimits.as_view()),
    path("payouts", payouts.Payouts.as_view()),
    path("payouts/<str:id>", payouts.OnePayout.as_view()),
    path("payout_batches", payouts.PayoutBatches.as_view()),
    path("payout_batches/<str:id>", payouts.OnePayoutBatch.as_view()),
    path("payout_batches/<str:id>/approve", payouts.ApproveBatch.as_view()),
    path("payout_batches/<str:id>/cancel", payouts.CancelBatch.as_view()),
    path("payout_batches/<str:id>/export", payouts.ExportBatch.as_view()),
    path("payout_batches/<str:id>/results", payouts.BatchResults.as_view()),
    path("payees/<str:customer>", payees.OnePayee.as_view()),
    path("payee_totals", payees.PayeeTotals.as_view()),
    path("journal", payees.PayoutJournal.as_view()),
    path("rates", Rates.as_view()),
    path("coupon_pools", CouponPools.as_view()),
    path("coupon_pools/<str:id>", OneCouponPool.as_view()),
    path("coupon_pools/<str:id>/codes", CouponUploads.as_view()),
    path("coupons", Coupons.as_view()),
    path("coupons/use", TypedCodeUses.as_view()),
    path("coupons/<str:id>", OneCoupon.as_view()),
    path("coupons/<str:id>/use", CouponUses.as_view()),
    path("rewards", Rewards.as_view()),
    path("rewards/<str:id>", OneReward.as_view()),
    path("wallets", Wallets.as_view()),
    path("wallets/<str:customer>", OneWallet.as_view()),
    path("wallets/<str:customer>/statement", Statement.as_view()),
    path("wallets/<str:customer>/exchange", PointsToCredit.as_view()),
    path("redemptions", Redemptions.as_view()),
    path("redemptions/<str:id>", OneRedemption.as_view()),
    path("redemptions/<str:id>/confirm", Confirmation.as_view()),
    path("redemptions/<str:id>/reverse", Reversal.as_view()),
    path("adjustments", Adjustments.as_view()),
    path("adjustments/<str:id>", OneAdjustment.as_view()),
]
