from django.core.management.base import BaseCommand, CommandError

from advocacy import audit as advocacy_audit
from referrals import audit as referrals_audit
from rewards import audit as rewards_audit

PARTS = {
    "standings": advocacy_audit.differences,
    "referrals and roll-ups": referrals_audit.differences,
    "ledger, rewards and caps": rewards_audit.differences,
}


class Command(BaseCommand):
    help = "Recount every balance, counter, standing and roll-up from what was written down; exit 1 on any difference."

    def handle(self, **options):
        found = 0
        for name, differences in PARTS.items():
            lines = list(differences())
            found += len(lines)
            self.stdout.write(f"{name}: {'no difference' if not lines else f'{len(lines)} differences'}")
            for line in lines:
                self.stdout.write(f"  {line}")
        if found:
            raise CommandError(f"{found} differences. Each is a bug: what is stored is not what was written down.")
