from django.urls import path

from referrals.pages import redirect

urlpatterns = [
    path("r/<str:code>", redirect.redirect, name="redirect"),
]
