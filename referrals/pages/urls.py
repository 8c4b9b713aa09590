from django.urls import path

from referrals.pages import inbound, landing, qr, redirect, snippet

urlpatterns = [
    path("r/<str:code>", redirect.redirect, name="redirect"),
    path("r/<str:code>/qr.svg", qr.picture, {"kind": "svg"}, name="qr"),
    path("r/<str:code>/qr.png", qr.picture, {"kind": "png"}),
    path("in/<str:platform>/<str:connection>", inbound.receive, name="inbound"),
    path("advocacy.js", snippet.snippet, name="snippet"),
    path("a/<str:code>", landing.landing, name="landing"),
]
