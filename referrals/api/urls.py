from django.urls import path

from referrals.api.advocates import Advocates, Batch, OneAdvocate
from referrals.api.claims import AcceptClaim, Claims, MyClaims, OneClaim, RefuseClaim
from referrals.api.clicks import Clicks
from referrals.api.cohorts import Cohorts
from referrals.api.conversions import Conversions, OneConversion
from referrals.api.costs import ChannelCosts
from referrals.api.fulfilments import Fulfilments, OneFulfilment
from referrals.api.growth import Growth
from referrals.api.imports import BeginImport, DiscardImport, Imports, OneImport, RefusedLines
from referrals.api.invitations import Invitations, MyInvitations, OneInvitation
from referrals.api.late_codes import LateCode
from referrals.api.lifetime_values import LifetimeValues
from referrals.api.links import Links, OneLink
from referrals.api.metrics import Metrics, OneMetric, RowsOfMetric
from referrals.api.orders import OneOrder, Orders
from referrals.api.predictions import Predictions
from referrals.api.referrals import OneReferral, Referrals
from referrals.api.refunds import AllRefunds, OneOfAllRefunds, OneRefund, Refunds
from referrals.api.reviews import DecideReview, OneReview, Reviews, UndoReview
from referrals.api.shares import Shares, ShareViews
from referrals.api.signups import Signups

urlpatterns = [
    path("orders", Orders.as_view()),
    path("orders/<str:id>", OneOrder.as_view()),
    path("orders/<str:id>/fulfilments", Fulfilments.as_view()),
    path("orders/<str:id>/fulfilments/<str:fulfilment_id>", OneFulfilment.as_view()),
    path("orders/<str:id>/refunds", Refunds.as_view()),
    path("orders/<str:id>/refunds/<str:refund_id>", OneRefund.as_view()),
    path("refunds", AllRefunds.as_view()),
    path("refunds/<str:id>", OneOfAllRefunds.as_view()),
    path("advocates", Advocates.as_view()),
    path("advocates/batch", Batch.as_view()),
    path("advocates/<str:id>", OneAdvocate.as_view()),
    path("links", Links.as_view()),
    path("links/<str:id>", OneLink.as_view()),
    path("clicks", Clicks.as_view()),
    path("shares", Shares.as_view()),
    path("share_views", ShareViews.as_view()),
    path("invitations", Invitations.as_view()),
    path("invitations/<str:id>", OneInvitation.as_view()),
    path("claims", Claims.as_view()),
    path("claims/<str:id>", OneClaim.as_view()),
    path("claims/<str:id>/accept", AcceptClaim.as_view()),
    path("claims/<str:id>/refuse", RefuseClaim.as_view()),
    path("reviews", Reviews.as_view()),
    path("reviews/<str:id>", OneReview.as_view()),
    path("reviews/<str:id>/decide", DecideReview.as_view()),
    path("reviews/<str:id>/undo", UndoReview.as_view()),
    path("me/code", LateCode.as_view()),
    path("me/invitations", MyInvitations.as_view()),
    path("me/claims", MyClaims.as_view()),
    path("signups", Signups.as_view()),
    path("referrals", Referrals.as_view()),
    path("referrals/<str:id>", OneReferral.as_view()),
    path("conversions", Conversions.as_view()),
    path("conversions/<str:id>", OneConversion.as_view()),
    path("imports", Imports.as_view()),
    path("imports/<str:id>", OneImport.as_view()),
    path("imports/<str:id>/begin", BeginImport.as_view()),
    path("imports/<str:id>/discard", DiscardImport.as_view()),
    path("imports/<str:id>/refused", RefusedLines.as_view()),
    path("metrics", Metrics.as_view()),
    path("growth", Growth.as_view()),
    path("channel_costs", ChannelCosts.as_view()),
    path("metrics/<str:metric>", OneMetric.as_view()),
    path("metrics/<str:metric>/rows", RowsOfMetric.as_view()),
    path("predictions", Predictions.as_view()),
    path("lifetime_values", LifetimeValues.as_view()),
    path("cohorts", Cohorts.as_view()),
]
