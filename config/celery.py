"""The Celery application: queues by lane, so that a slow lane never delays money."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A stop sent by a supervisor lets a running task finish instead of cutting it off.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
# A nested module is not discovered by itself.
app.autodiscover_tasks(["advocacy", "advocacy.outbox", "referrals", "rewards"])
