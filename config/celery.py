"""The Celery application: queues by lane, so that a slow lane never delays money."""

import os

from celery import Celery
from celery.signals import worker_process_init

from config import collecting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
# A nested module is not discovered by itself.
app.autodiscover_tasks(
    [
        "config",
        "advocacy",
        "advocacy.alerts",
        "advocacy.errands",
        "advocacy.jobs",
        "advocacy.mails",
        "advocacy.outbox",
        "referrals",
        "referrals.inbound",
        "rewards",
    ]
)


@worker_process_init.connect
def _collect_rarely(**_):
    collecting.rarely()
