from django.urls import path

from advocacy.api.customers import Customers, OneCustomer
from advocacy.api.events import Events
from advocacy.api.jobs import OneJob
from advocacy.api.programs import Offers, Programs
from advocacy.api.surveys import Answers
from advocacy.api.testimonials import OneTestimonial, Testimonials, Withdrawal

urlpatterns = [
    path("customers", Customers.as_view()),
    path("customers/<str:external_id>", OneCustomer.as_view()),
    path("programs", Programs.as_view()),
    path("offers", Offers.as_view()),
    path("testimonials", Testimonials.as_view()),
    path("testimonials/<str:id>", OneTestimonial.as_view()),
    path("testimonials/<str:id>/withdraw", Withdrawal.as_view()),
    path("jobs/<str:id>", OneJob.as_view()),
    path("surveys/answers", Answers.as_view()),
    path("events", Events.as_view()),
]
