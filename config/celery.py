"""The Celery application: queues by lane, so that a slow lane never delays money."""

import os

from celery import Celery
from celery.signals import beat_init, worker_process_init

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
        "referrals.imports",
        "referrals.inbound",
        "rewards",
    ]
)


@beat_init.connect
def forget_old_tasks(**_):
    """What beat sent before an upgrade, and no worker knows any more: its scheduler would send it for ever."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django_celery_beat.models import PeriodicTask  # noqa: PLC0415

    PeriodicTask.objects.exclude(name__in=[*settings.CELERY_BEAT_SCHEDULE, "celery.backend_cleanup"]).delete()


@worker_process_init.connect
def _collect_rarely(**_):
    collecting.rarely()
