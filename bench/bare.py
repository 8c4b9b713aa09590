"""A Django view that redirects and does nothing else, without any middleware: what the redirect is compared with."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseRedirect
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY="nothing is signed here", USE_I18N=False
)


def redirect(request, code):
    return HttpResponseRedirect(f"https://acme.example/welcome?code={code}")


urlpatterns = [path("r/<str:code>", redirect)]
application = get_wsgi_application()
