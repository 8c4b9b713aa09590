"""This server: what it runs on, its keys, its clock, its workers, and how far behind they are."""

from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from advocacy import secrets
from advocacy.models.columns import SealedField
from config import health
from config.celery import app
from config.doctor.findings import Findings

QUEUES = {"money", "people", "out", "bulk", "webhooks", "mail", "shops"}
WORKERS_ANSWER_SECONDS = 2
# Beat writes down what it sent every three minutes.
BEAT_IS_LATE = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(seconds=2)
_LATE_SECONDS = 60


def findings(*, at):
    tell = Findings("server")
    yield from _settings(tell)
    try:
        yield from _database(tell, at)
    except DatabaseError as error:
        reason = str(error).splitlines()[0][:200]
        yield tell.fail("database", f"PostgreSQL does not answer: {reason}", "Start it, or correct DATABASE_URL.")
        return
    yield from _broker(tell)
    yield _beat(tell, at)
    yield from _behind(tell)
    yield _mail_server(tell)


def _settings(tell):
    if settings.DEBUG:
        yield tell.fail("DEBUG", "Errors show secrets to visitors.", "Set DEBUG=no.")
    if settings.DEVELOPMENT:
        yield tell.warn("MODE", "This is a development server.", "Set MODE=production where customers come.")
    else:
        yield tell.ok("MODE", "production, DEBUG off")
    if settings.SECRET_KEY == settings.PUBLIC_KEY:
        yield tell.fail("SECRET_KEY", "It is the one that everybody knows.", "Set one of your own.")
    else:
        yield tell.ok("SECRET_KEY", "one of your own")
    if not settings.ENCRYPTION_KEYS:
        yield tell.warn("ENCRYPTION_KEYS", "None: what is secret is sealed with SECRET_KEY.", "Set one of its own.")


def _database(tell, at):
    connection.ensure_connection()
    major, minor = divmod(connection.pg_version, 10_000)
    waiting = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    if waiting:
        told = f"PostgreSQL {major}.{minor}; {len(waiting)} migrations wait, first {waiting[0][0]}."
        yield tell.fail("database", told, "Run manage.py migrate.")
        return
    yield tell.ok("database", f"PostgreSQL {major}.{minor}, all migrations applied")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(cursor.fetchone()[0] - timezone.now())
    if apart > CLOCKS_DIFFER:
        seconds = round(apart.total_seconds())
        yield tell.fail("clock", f"This machine and PostgreSQL are {seconds} s apart.", "Have both ask NTP.")
    else:
        yield tell.ok("clock", "as PostgreSQL’s")
    closed = [model._meta.label for model, column in _sealed() if not _opens(model, column)]
    if closed:
        todo = "Add the key that they were sealed with to the end of ENCRYPTION_KEYS."
        yield tell.fail("sealed", f"Cannot be opened: {', '.join(closed)}.", todo)
    else:
        yield tell.ok("sealed", "what was sealed can be opened")


def _sealed():
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, SealedField) and not model._meta.proxy:
                yield model, column.name


def _opens(model, column):
    """The oldest and the newest: they were sealed with the first and the last key."""
    there = model._base_manager.exclude(**{column: None}).values_list(column, flat=True)
    try:
        for sealed in (there.order_by("pk").first(), there.order_by("-pk").first()):
            if sealed is not None:
                secrets.open(sealed)
    except Exception:
        return False
    return True


def _broker(tell):
    if not health.broker_answers():
        yield tell.fail("Redis", "It does not answer.", "Start it, or correct REDIS_URL.")
        yield tell.unchecked("workers", "They could not be asked without Redis.", "Mend Redis first.")
        return
    yield tell.ok("Redis", "answers")
    told = app.control.inspect(timeout=WORKERS_ANSWER_SECONDS).active_queues() or {}
    idle = sorted(QUEUES - {queue["name"] for queues in told.values() for queue in queues})
    if idle:
        todo = "Start the workers of docs/operations.md; one that is busy may have answered too late."
        yield tell.fail("workers", f"{len(told)} answered; nobody takes {', '.join(idle)}.", todo)
    else:
        yield tell.ok("workers", f"{len(told)} answered, every queue is taken")


def _beat(tell, at):
    sent = PeriodicTask.objects.exclude(last_run_at=None).order_by("-last_run_at").first()
    if sent is None or at - sent.last_run_at > BEAT_IS_LATE:
        since = f"since {sent.last_run_at:%Y-%m-%d %H:%M} UTC" if sent else "ever"
        return tell.fail("beat", f"It sent nothing {since}.", "Start celery -A config beat, once.")
    return tell.ok("beat", f"sent work at {sent.last_run_at:%H:%M} UTC")


def _behind(tell):
    found = health.behind(timezone.now())
    late = {f"lane {lane}": seconds for lane, seconds in found["oldest_pending_seconds"].items()}
    late |= {what: found[what]["late_seconds"] for what in ("webhooks", "mails")}
    behind = [f"{what} {round(seconds)} s" for what, seconds in late.items() if seconds and seconds > _LATE_SECONDS]
    if behind:
        yield tell.warn("work", f"Behind: {', '.join(behind)}.", "Start more workers, or look why they fail.")
    else:
        yield tell.ok("work", "nothing is late")
    if found["stuck"]:
        yield tell.warn("stuck", f"{found['stuck']} events are stuck.", "Look at them in the admin, and retry.")


def _mail_server(tell):
    if settings.MAIL_SERVICE:
        if not settings.MAIL_SERVICE_SECRET:
            todo = "Set MAIL_SERVICE_SECRET and enter /mails/service there."
            return tell.warn("mail", f"{settings.MAIL_SERVICE} cannot tell of bounces.", todo)
        return tell.ok("mail", f"by the API of {settings.MAIL_SERVICE}")
    if "smtp" not in settings.EMAIL_BACKEND:
        return tell.warn("mail", "Mails are kept or printed here, not sent.", "Set EMAIL_URL or MAIL_SERVICE.")
    server = mail.get_connection()
    try:
        server.open()
    except OSError as error:
        todo = "Correct EMAIL_URL, or open the way to it."
        return tell.fail("mail", f"The mail server {settings.EMAIL_HOST} says: {str(error)[:150]}", todo)
    finally:
        server.close()
    if not settings.MAIL_NEWS_SECRET:
        todo = "Set MAIL_NEWS_SECRET, and have what reads bounces tell /mails/news."
        return tell.warn("mail", f"{settings.EMAIL_HOST} lets us in; nobody tells of bounces.", todo)
    return tell.ok("mail", f"{settings.EMAIL_HOST} lets us in")
