from django.urls import path

from referrals.pages import landing, redirect

urlpatterns = [
    path("r/<str:code>", redirect.redirect, name="redirect"),
    path("a/<str:code>", landing.landing, name="landing"),
]
