from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from advocacy import audit as advocacy_audit
from config.alerts import audits
from referrals import audit as referrals_audit
from rewards import audit as rewards_audit

PARTS = {
    "standings": advocacy_audit.differences,
    "referrals and roll-ups": referrals_audit.differences,
    **rewards_audit.parts(),
}
_DAYS = "days of rewards"
METRICS = {"metrics": referrals_audit.of_metrics, _DAYS: PARTS[_DAYS]}
# A broken copy may differ in every row; the first ones tell what is wrong.
SHOWN = 100


class Command(BaseCommand):
    help = (
        "Recount every balance, reward, cap, standing and roll-up from what was written down; exit 1 on a difference."
    )

    def add_arguments(self, parser):
        parser.add_argument("--metrics", action="store_true", help="Only what metrics are read from; writes no alert.")

    def handle(self, *, metrics, **options):
        parts = METRICS if metrics else PARTS
        counts = {name: self._recount(name, differences) for name, differences in parts.items()}
        if not metrics:
            self._say(counts)
        if found := sum(counts.values()):
            raise CommandError(f"{found} differences. Each is a bug: what is stored is not what was written down.")

    def _say(self, counts):
        try:
            audits.say(differences=counts, at=timezone.now())
        except DatabaseError as error:
            # A copy that may only be read is audited too.
            self.stderr.write(f"No alert was written: {error}")

    def _recount(self, name, differences):
        """How many differences there are; each part is named before it is done, because it may take a while."""
        self.stdout.write(f"{name}: ", ending="")
        self.stdout.flush()
        found = 0
        for sentence in differences():
            if found < SHOWN:
                self.stdout.write(f"\n  {sentence}", ending="")
            found += 1
        self.stdout.write(f"\n  {found} differences" if found else "no difference")
        return found
