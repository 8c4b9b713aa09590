from django.core.management.base import BaseCommand

from advocacy import resealing


class Command(BaseCommand):
    help = "Seal every secret of the database anew with the first of ENCRYPTION_KEYS. Stop web and workers first."

    def handle(self, **options):
        for model, rows in resealing.reseal().items():
            self.stdout.write(f"{model}: {rows} rows")
        self.stdout.write("Done. Leave only the first key in ENCRYPTION_KEYS, then start web, workers and beat.")
