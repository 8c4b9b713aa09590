"""The nouns of the base."""

from advocacy.models.advocate import Advocate, AdvocateStatus
from advocacy.models.alert import Alert, AlertChoice, AlertDay, AlertTiming
from advocacy.models.connection import Connection, ConnectionStatus, Platform
from advocacy.models.consent import Channel, Consent, ConsentBasis, ConsentState
from advocacy.models.customer import Customer, Standing
from advocacy.models.delivery import Attempt, Delivery, DeliveryState, EndpointStatus, WebhookEndpoint
from advocacy.models.errand import Errand, ErrandKind, ErrandState
from advocacy.models.event import Event, Lane, Pending
from advocacy.models.idempotency import IdempotencyKey
from advocacy.models.job import Job, JobState
from advocacy.models.mail import Mail, MailOutcome, MailReason, MailState, MailWording
from advocacy.models.mention import Mention, Sentiment
from advocacy.models.merge import Merge
from advocacy.models.offer import BenefitKind, Offer, Side
from advocacy.models.portal_session import PortalSession
from advocacy.models.program import ClickPrecedence, LinkTarget, MailKind, Program, ProgramStatus
from advocacy.models.reckoning import Reckoning
from advocacy.models.report import Report
from advocacy.models.storefront import ApiKey, DoubleOptIn, KeyKind, Storefront
from advocacy.models.suppression import InvitedAddress, Suppression, SuppressionReason
from advocacy.models.survey import OF_TOUCHPOINTS, Answer, SurveyKind
from advocacy.models.terms import ProgramTerms, TermsAcceptance, TermsSource
from advocacy.models.testimonial import Testimonial, TestimonialStatus

__all__ = [
    "OF_TOUCHPOINTS",
    "Advocate",
    "AdvocateStatus",
    "Alert",
    "AlertChoice",
    "AlertDay",
    "AlertTiming",
    "Answer",
    "ApiKey",
    "Attempt",
    "BenefitKind",
    "Channel",
    "ClickPrecedence",
    "Connection",
    "ConnectionStatus",
    "Consent",
    "ConsentBasis",
    "ConsentState",
    "Customer",
    "Delivery",
    "DeliveryState",
    "DoubleOptIn",
    "EndpointStatus",
    "Errand",
    "ErrandKind",
    "ErrandState",
    "Event",
    "IdempotencyKey",
    "InvitedAddress",
    "Job",
    "JobState",
    "KeyKind",
    "Lane",
    "LinkTarget",
    "Mail",
    "MailKind",
    "MailOutcome",
    "MailReason",
    "MailState",
    "MailWording",
    "Mention",
    "Merge",
    "Offer",
    "Pending",
    "Platform",
    "PortalSession",
    "Program",
    "ProgramStatus",
    "ProgramTerms",
    "Reckoning",
    "Report",
    "Sentiment",
    "Side",
    "Standing",
    "Storefront",
    "Suppression",
    "SuppressionReason",
    "SurveyKind",
    "TermsAcceptance",
    "TermsSource",
    "Testimonial",
    "TestimonialStatus",
    "WebhookEndpoint",
]
