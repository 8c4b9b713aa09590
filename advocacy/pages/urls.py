from django.urls import path

from advocacy.pages import mails

urlpatterns = [
    path("mails/off/<str:token>", mails.off, name="mails-off"),
    path("mails/yes/<str:token>", mails.confirm, name="mails-confirm"),
]
