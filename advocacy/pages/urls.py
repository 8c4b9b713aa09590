from django.urls import path

from advocacy.pages import mail_news, mail_service, mails, terms

urlpatterns = [
    path("terms/<str:name>", terms.read, name="terms"),
    path("mails/news", mail_news.hear, name="mails-news"),
    path("mails/service", mail_service.hear, name="mails-service"),
    path("mails/off/<str:token>", mails.off, name="mails-off"),
    path("mails/never/<str:token>", mails.never, name="mails-never"),
    path("mails/yes/<str:token>", mails.confirm, name="mails-confirm"),
]
