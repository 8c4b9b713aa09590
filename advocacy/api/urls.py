from django.urls import path

from advocacy.api.alerts import Alerts, MuteAlert, OneAlert
from advocacy.api.batch import Batch
from advocacy.api.consents import Consents, OneConsent
from advocacy.api.customers import Customers, OneCustomer
from advocacy.api.deliveries import Deliveries, DeliveryReplay, OneDelivery
from advocacy.api.events import Events, OneEvent
from advocacy.api.jobs import OneJob
from advocacy.api.mentions import Mentions
from advocacy.api.merges import MergeCustomers, Merges, OneMerge, UndoMerge
from advocacy.api.my_terms import MyTerms
from advocacy.api.privacy import CustomerErasure, CustomerExport
from advocacy.api.programs import Offers, OneOffer, OneProgram, Programs
from advocacy.api.segments import OneSegment, Segments
from advocacy.api.surveys import Answers, AnswersOfSurvey, OneAnswer
from advocacy.api.terms import (
    AcceptanceOfAdvocate,
    Acceptances,
    OneAcceptance,
    OneTerms,
    Terms,
    TermsOfProgram,
)
from advocacy.api.testimonials import OneTestimonial, Testimonials, Withdrawal
from advocacy.api.webhook_endpoints import (
    OneWebhookEndpoint,
    Replays,
    SecretRotation,
    TestEvent,
    WebhookEndpoints,
)

urlpatterns = [
    path("alerts", Alerts.as_view()),
    path("alerts/<str:id>", OneAlert.as_view()),
    path("alerts/<str:id>/mute", MuteAlert.as_view()),
    path("batch", Batch.as_view()),
    path("consents", Consents.as_view()),
    path("consents/<str:id>", OneConsent.as_view()),
    path("customers", Customers.as_view()),
    path("customers/merge", MergeCustomers.as_view()),
    path("me/terms", MyTerms.as_view()),
    path("merges", Merges.as_view()),
    path("merges/<str:id>", OneMerge.as_view()),
    path("merges/<str:id>/undo", UndoMerge.as_view()),
    path("customers/<str:external_id>", OneCustomer.as_view()),
    path("customers/<str:external_id>/export", CustomerExport.as_view()),
    path("customers/<str:external_id>/erase", CustomerErasure.as_view()),
    path("programs", Programs.as_view()),
    path("programs/<str:id>", OneProgram.as_view()),
    path("programs/<str:id>/terms", TermsOfProgram.as_view()),
    path("terms", Terms.as_view()),
    path("terms_acceptances", Acceptances.as_view()),
    path("terms_acceptances/<str:id>", OneAcceptance.as_view()),
    path("terms/<str:id>", OneTerms.as_view()),
    path("advocates/<str:id>/terms", AcceptanceOfAdvocate.as_view()),
    path("offers", Offers.as_view()),
    path("offers/<str:id>", OneOffer.as_view()),
    path("testimonials", Testimonials.as_view()),
    path("testimonials/<str:id>", OneTestimonial.as_view()),
    path("testimonials/<str:id>/withdraw", Withdrawal.as_view()),
    path("jobs/<str:id>", OneJob.as_view()),
    path("segments", Segments.as_view()),
    path("segments/<str:name>", OneSegment.as_view()),
    path("surveys/answers", Answers.as_view()),
    path("surveys/<str:survey>/answers", AnswersOfSurvey.as_view()),
    path("surveys/answers/<str:id>", OneAnswer.as_view()),
    path("events", Events.as_view()),
    path("mentions", Mentions.as_view()),
    path("events/<str:id>", OneEvent.as_view()),
    path("webhook_endpoints", WebhookEndpoints.as_view()),
    path("webhook_endpoints/<str:id>", OneWebhookEndpoint.as_view()),
    path("webhook_endpoints/<str:id>/rotate_secret", SecretRotation.as_view()),
    path("webhook_endpoints/<str:id>/test", TestEvent.as_view()),
    path("webhook_endpoints/<str:id>/replay", Replays.as_view()),
    path("deliveries", Deliveries.as_view()),
    path("deliveries/<str:id>", OneDelivery.as_view()),
    path("deliveries/<str:id>/replay", DeliveryReplay.as_view()),
]
