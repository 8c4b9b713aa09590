"""A view that redirects and does nothing else: what the redirect is compared with. Its URLconf and WSGI entry point.

With ``BENCH_BARE=yes`` it stands alone, without the product's middleware.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseRedirect
from django.urls import path


def redirect(request, code):
    return HttpResponseRedirect(f"https://acme.example/welcome?code={code}")


urlpatterns = [path("bare/<str:code>", redirect)]

if os.environ.get("BENCH_BARE") == "yes":
    secret = "nothing is signed here, and it is long enough for anybody"
    settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=[], ROOT_URLCONF=__name__, SECRET_KEY=secret, USE_I18N=False)
else:
    settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
