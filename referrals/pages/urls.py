from django.urls import path

from referrals.pages import inbound, landing, redirect, snippet

urlpatterns = [
    path("r/<str:code>", redirect.redirect, name="redirect"),
    path("in/<str:platform>/<str:connection>", inbound.receive, name="inbound"),
    path("advocacy.js", snippet.snippet, name="snippet"),
    path("a/<str:code>", landing.landing, name="landing"),
]
