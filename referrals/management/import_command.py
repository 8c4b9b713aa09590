"""A file on the server's disk, of any length, taken with progress: the same import as by upload and API."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from advocacy import twins
from advocacy.models import Program, Storefront
from advocacy.refusals import Refused
from referrals import imports
from referrals.management.following import follow


class ImportCommand(BaseCommand):
    kind = ""

    def add_arguments(self, parser):
        parser.add_argument("file", help="CSV, or one JSON object a line (NDJSON).")
        parser.add_argument("--storefront", required=True, help="Its short name.")
        parser.add_argument("--check", action="store_true", help="Only count what would be new, changed and refused.")
        parser.add_argument("--report", help="Where the refused lines are written as CSV.")
        parser.add_argument("--currency", default="", help="Where the file names none; else the storefront's.")
        parser.add_argument("--time-zone", default="", help="Of times without an offset; else the storefront's.")
        parser.add_argument("--dates", default="", help="day_first or month_first, for dates such as 3/4/2026.")
        parser.add_argument("--decimal", default="", help="The sign before the cents, . or ,")
        parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD", help="May be repeated.")
        if self.kind == "orders":
            live = parser.add_mutually_exclusive_group()
            live.add_argument(
                "--live", action="store_true", help="Every order earns what the rules of its day promise."
            )
            live.add_argument("--live-since", help="Orders placed since this moment do; those before are of the past.")
        if self.kind == "referrals":
            parser.add_argument("--program", help="Its short name, where the file names none.")

    def handle(self, **options):
        try:
            self._take(options)
        except Refused as refused:
            raise CommandError(refused.message) from refused

    def _take(self, options):
        storefront = _one(Storefront, "storefront", slug=options["storefront"])
        at = twins.clock(storefront, timezone.now())
        how = {name: options[name] for name in ("currency", "time_zone", "dates", "decimal")}
        how["mapping"] = dict(each.partition("=")[::2] for each in options["map"])
        how |= _past(options, at)
        if options.get("program"):
            how["program"] = _one(Program, "program", storefront=storefront, slug=options["program"])
        file = Path(options["file"])
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        how |= {"kind": self.kind, "name": file.name, "check": options["check"]}
        with file.open("rb") as stream:
            row = imports.keep(storefront=storefront, stream=stream, at=at, **how)
        self.stdout.write(f"{row.rows} rows, recognised as {imports.title(row)} in {row.encoding}.")
        job = row.check_job if options["check"] else imports.begin(row=row, at=at).job
        follow(job, say=self.stdout.write)
        row.refresh_from_db()
        self._tell(row, job, options)

    def _tell(self, row, job, options):
        counts = job.result
        done = "would be" if options["check"] else "were"
        self.stdout.write(
            f"{counts['new']} {done} new, {counts['changed']} changed, {counts['same']} were here already, "
            f"{counts['refused']} {done} refused."
        )
        if options["report"]:
            with Path(options["report"]).open("w", encoding="utf-8", newline="") as report:
                report.writelines(imports.table(row))
        elif counts["refused"]:
            self.stdout.write("Which and why: --report FILE, or the import’s page in the admin.")


def _past(options, at):
    if options.get("live"):
        return {"past_until": None}
    if not options.get("live_since"):
        return {}
    try:
        moment = parse_datetime(options["live_since"])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError("--live-since is a time with an offset, such as 2026-03-01T00:00:00+01:00.")
    return {"past_until": moment}


def _one(model, what, **names):
    found = model.objects.filter(**names).first()
    if found is None:
        known = ", ".join(model.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no {what} {names['slug']}; there are: {known or 'none'}.")
    return found
