"""``manage.py reconcile --connection con_… --from 2026-03-01``: take what a platform's webhooks did not bring."""

from datetime import UTC, datetime, timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from advocacy import ids
from advocacy.models import Connection, ConnectionStatus, Platform
from advocacy.refusals import Refused
from referrals.inbound import reconciling

_USUAL = timedelta(days=3)


class Command(BaseCommand):
    help = (
        "Ask platforms for the orders that changed in a period, and take what their webhooks did not bring. "
        "Safe to run again; run it daily for WooCommerce, which sends nothing twice."
    )

    def add_arguments(self, parser):
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--connection", action="append", help="con_…, more than once for several")
        which.add_argument("--platform", choices=Platform.values, help="all active connections of a platform")
        which.add_argument("--all", action="store_true", help="all active connections with API credentials")
        parser.add_argument("--from", dest="since", help="a day or time, UTC unless it says; usually 3 days ago")
        parser.add_argument("--to", dest="until", help="a day or time, UTC unless it says; usually now")

    def handle(self, *, since, until, **which):
        at = timezone.now()
        since, until = _moment(since) or at - _USUAL, min(_moment(until) or at, at)
        failed = sum(not self._one(connection, since, until, at) for connection in _chosen(**which))
        if failed:
            raise CommandError(f"{failed} did not end well; mend what is said above and run it again.")

    def _one(self, connection, since, until, at):
        """Whether all of it was taken."""

        def tell(found):
            self.stdout.write(f"  {found.listed} listed, {found.missed} missed, {found.changed} changed", ending="\n")

        self.stdout.write(f"{connection}, {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC")
        try:
            found = reconciling.reconcile(connection=connection, since=since, until=until, at=at, tell=tell)
        except Refused as refusal:
            self.stderr.write(f"  {refusal.message}")
            return False
        for sentence in found.sentences:
            self.stderr.write(f"  {sentence}")
        self.stdout.write(
            f"  Done: {found.missed} orders had been missed, {found.changed} changed, {found.ignored} entries are not "
            f"ours, {found.failed} failed."
        )
        return not found.failed


def _chosen(*, connection, platform, **_):
    active = Connection.objects.filter(status=ConnectionStatus.ACTIVE).select_related("storefront").order_by("id")
    if platform:
        return active.filter(platform=platform, credentials__isnull=False)
    if not connection:
        return active.filter(credentials__isnull=False)
    named = {name: active.filter(public_id=ids.decode("con", name)).first() for name in connection}
    unknown = [name for name, found in named.items() if found is None]
    if unknown:
        raise CommandError(f"No active connection: {', '.join(unknown)}.")
    return list(named.values())


def _moment(text):
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no day or time, such as 2026-03-01 or 2026-03-01T12:00:00+01:00.") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
