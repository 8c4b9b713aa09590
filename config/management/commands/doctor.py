"""Look at everything that a running installation needs, and say what to do: exit code 1 where something fails."""

import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import doctor
from config.doctor.names import Names

_SIGNS = {
    doctor.Level.OK: ("ok  ", "SUCCESS"),
    doctor.Level.WARN: ("warn", "WARNING"),
    doctor.Level.FAIL: ("FAIL", "ERROR"),
    doctor.Level.UNCHECKED: ("?   ", "NOTICE"),
}


class Command(BaseCommand):
    help = __doc__
    # It says itself what is wrong.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="One object, for scripts.")
        parser.add_argument("--resolver", help="The name server to ask, such as 9.9.9.9 or 127.0.0.1:5353.")

    def handle(self, *, resolver=None, **options):
        try:
            names = Names(resolver)
        except ValueError as error:
            raise CommandError(f"{resolver} is no address of a name server, such as 9.9.9.9.") from error
        found = doctor.examine(names=names, at=timezone.now())
        if options["json"]:
            found = list(found)
            self.stdout.write(json.dumps({"findings": [asdict(each) for each in found]}, indent=2))
        else:
            found = self._table(found)
        if any(each.level == doctor.Level.FAIL for each in found):
            raise CommandError("Something fails.", returncode=1)

    def _table(self, found):
        """Each as soon as it is known: some take seconds."""
        about, told = None, []
        for each in found:
            if each.about != about:
                about = each.about
                self.stdout.write(f"\n{about}")
            sign, style = _SIGNS[each.level]
            self.stdout.write(f"  {getattr(self.style, style)(sign)}  {each.check:<15} {each.told}")
            if each.todo:
                self.stdout.write(f"{'':24}→ {each.todo}")
            told.append(each)
        count = {level: sum(each.level == level for each in told) for level in doctor.Level}
        self.stdout.write(
            f"\n{count['ok']} ok, {count['warn']} to look at, {count['fail']} failing, "
            f"{count['unchecked']} could not be checked"
        )
        return told
