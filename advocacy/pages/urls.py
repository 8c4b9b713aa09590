from django.urls import path

from advocacy.pages import mail_news, mails

urlpatterns = [
    path("mails/news", mail_news.hear, name="mails-news"),
    path("mails/off/<str:token>", mails.off, name="mails-off"),
    path("mails/yes/<str:token>", mails.confirm, name="mails-confirm"),
]
