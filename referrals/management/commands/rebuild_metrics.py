"""``manage.py rebuild_metrics``: count all that metrics are read from anew."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from advocacy.models import Job, Storefront
from advocacy.models.job import ACTIVE
from referrals import rebuilding
from referrals.management.following import follow


class Command(BaseCommand):
    help = (
        "Count days, their parts, buyers and their sums anew, with progress. Needed after a storefront's time zone was "
        "changed, or where the audit finds a difference. Killed, it goes on where it was when it is run again."
    )

    def add_arguments(self, parser):
        parser.add_argument("--storefront", help="Its short name; default: all.")

    def handle(self, *, storefront, **options):
        chosen = Storefront.objects.order_by("slug")
        shops = list(chosen.filter(slug=storefront) if storefront else chosen)
        if not shops:
            known = ", ".join(chosen.values_list("slug", flat=True)[:20])
            raise CommandError(f"There is no storefront {storefront}; there are: {known or 'none'}.")
        for shop in shops:
            self._one(shop)

    def _one(self, shop):
        at = timezone.now()
        begun = Job.objects.filter(storefront=shop, kind=rebuilding.JOB, state__in=ACTIVE).order_by("pk").first()
        job = begun or rebuilding.start(storefront=shop, at=at)
        self.stdout.write(f"{shop}:")
        follow(job, say=self.stdout.write)
        job.refresh_from_db()
        self.stdout.write(f"{job.result['days']} days and {job.result['customers']} customers counted.")
