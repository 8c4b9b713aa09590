"""The nouns of attribution."""

from referrals.models.buyer import HORIZONS, Buyer, BuyerMark, CohortMonth, WorthDay
from referrals.models.claim import Claim, ClaimState, NamedBy
from referrals.models.click import Click, VisitorSalt
from referrals.models.conversion import Conversion, Review
from referrals.models.cost import Channel, ChannelCost, CostOf
from referrals.models.fraud import AfterDeadline, FraudPolicy, FraudProgram, ReviewCase, Ruling, RulingBy
from referrals.models.importing import Import, ImportKind, ImportPart, ImportRefusals, ImportState
from referrals.models.inbound import InboundMessage, InboundRefusal, InboundState
from referrals.models.invitation import Invitation
from referrals.models.link import Link, LinkMove, LinkStatus
from referrals.models.order import (
    Fulfilment,
    Order,
    OrderIdentifier,
    OrderKind,
    OrderStatus,
    Refund,
    RefundKind,
    Source,
)
from referrals.models.past_buyers import PastBuyers
from referrals.models.prediction import Fit
from referrals.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from referrals.models.referral import Method, Referral
from referrals.models.rollup import BitsField, ConversionCount, Cut, Day, DayAdvocates, DayCut, LinkDay, Mark, Question
from referrals.models.share import Share, ShareKind
from referrals.models.tally import ReportWeek, Tally, TallyOf
from referrals.models.trace import Pepper, Trace
from referrals.models.waiting import WaitingFact, WaitingKind, WaitingState

__all__ = [
    "HORIZONS",
    "AfterDeadline",
    "BitsField",
    "Buyer",
    "BuyerMark",
    "Channel",
    "ChannelCost",
    "Claim",
    "ClaimState",
    "Click",
    "CohortMonth",
    "Conversion",
    "ConversionCount",
    "CostOf",
    "Cut",
    "Day",
    "DayAdvocates",
    "DayCut",
    "Fit",
    "FraudPolicy",
    "FraudProgram",
    "Fulfilment",
    "Import",
    "ImportKind",
    "ImportPart",
    "ImportRefusals",
    "ImportState",
    "InboundMessage",
    "InboundRefusal",
    "InboundState",
    "Invitation",
    "Link",
    "LinkDay",
    "LinkMove",
    "LinkStatus",
    "Mark",
    "Method",
    "NamedBy",
    "Order",
    "OrderIdentifier",
    "OrderKind",
    "OrderStatus",
    "PastBuyers",
    "Pepper",
    "PrivacyKind",
    "PrivacyRequest",
    "PrivacyState",
    "Question",
    "Referral",
    "Refund",
    "RefundKind",
    "ReportWeek",
    "Review",
    "ReviewCase",
    "Ruling",
    "RulingBy",
    "Share",
    "ShareKind",
    "Source",
    "Tally",
    "TallyOf",
    "Trace",
    "VisitorSalt",
    "WaitingFact",
    "WaitingKind",
    "WaitingState",
    "WorthDay",
]
