from django.core.management.base import BaseCommand, CommandError

from rewards import rebuild

# A wrong rule may differ in every row; the first ones tell what is wrong.
SHOWN = 100
_EVERY = 1000


class Command(BaseCommand):
    help = "Settle everything again from what was entered, in temporary tables, and compare; exit 1 on a difference."

    def add_arguments(self, parser):
        parser.add_argument("--verify", action="store_true", help="Compare only; the real rows are never touched.")

    def handle(self, *, verify, **options):
        if not verify:
            raise CommandError("Say --verify. Rewards are only rebuilt to be compared; nothing is replaced by it.")
        *differences, repeated = self._shown(rebuild.verify(told=self._told))
        if differences:
            raise CommandError(
                f"{len(differences)} differences. Each is a bug: settled again, something else comes out."
            )
        self.stdout.write(
            f"{repeated.decisions} decisions and {repeated.moves} moves were made again: nothing differs."
        )

    def _shown(self, said):
        """What was said, the first differences of it printed; the others are only counted."""
        for number, each in enumerate(said):
            if isinstance(each, str):
                if number < SHOWN:
                    self.stdout.write(f"  {each}")
                yield None
            else:
                yield each

    def _told(self, done, total):
        if done // _EVERY != (done - 1) // _EVERY or done == total:
            self.stdout.write(f"{done} of {total} decisions")
            self.stdout.flush()
