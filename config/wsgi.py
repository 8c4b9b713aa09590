"""The WSGI entry point, served by granian: links first, everything else by Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from config import collecting, requests  # noqa: E402
from referrals.pages.redirect import Door  # noqa: E402 (the apps must be ready)

django.request_class = requests.Request
application = Door(django)
collecting.rarely()
