from django.conf import settings
from django.db import models

from advocacy.models import Job, Program, Storefront
from advocacy.models.columns import PublicIdField, one_of


class ImportKind(models.TextChoices):
    CUSTOMERS = "customers", "Customers"
    ORDERS = "orders", "Orders"
    REFERRALS = "referrals", "Referrals"  # who brought whom before, and so the advocates too


class ImportState(models.TextChoices):
    CHECKING = "checking", "Being checked"  # a worker counts what it would change; nothing is written
    CHECKED = "checked", "Waits for your word"
    RUNNING = "running", "Being imported"  # also where its job failed or was stopped: it can go on
    DONE = "done", "Done"
    DISCARDED = "discarded", "Discarded"  # nothing more of it is taken


class Import(models.Model):
    """A file of customers, orders or referrals: read once, kept in parts until it is done, taken part by part."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=ImportKind)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.CHECKING)
    name = models.CharField("file", max_length=200, blank=True, help_text="What the file was called.")
    layout = models.CharField(max_length=30, help_text="As what it was recognised.")
    encoding = models.CharField(max_length=20)
    # Of referrals, where the file names none.
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="+")
    # Orders placed before this moment are of the past; null: none is, and each earns what the rules of its day say.
    past_until = models.DateTimeField(null=True, blank=True)
    # How the file is to be read: {currency, time_zone, dates, decimal, mapping}.
    reading = models.JSONField(default=dict)
    # [[the file's column, the field that it is taken for, or ""]]
    columns = models.JSONField(default=list)
    rows = models.PositiveBigIntegerField(default=0)
    # What checking and importing came to: {new, changed, same, refused}.
    checked = models.JSONField(null=True)
    taken = models.JSONField(null=True)
    check_job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("kind", ImportKind, name="an_import_is_of_a_known_kind"),
            one_of("state", ImportState, name="an_import_has_a_known_state"),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="imports_newest_first")]

    def __str__(self):
        return f"{self.get_kind_display()} of {self.name or 'a call'}"


class ImportPart(models.Model):
    """Some rows of a file, as they were read: compressed JSON. Dropped when they are taken and counted.

    The parts of a lane are taken one after the other; those of two lanes of one block side by side: they have no order
    and no person in common. A block begins when the one before it is done.
    """

    of = models.ForeignKey(Import, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    block = models.PositiveIntegerField(default=0)
    lane = models.PositiveSmallIntegerField(default=0)
    rows = models.BinaryField()
    # What became of them, until the import's job has counted it: {new, changed, same, refused}.
    taken = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of", "number"], name="a_part_of_a_file_is_kept_once")]

    def __str__(self):
        return f"{self.of_id}, part {self.number}"


class ImportRefusals(models.Model):
    """The lines of a part that were refused, each with why: compressed, as a million of them must not fill a disk."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="refusals")
    # Of the check, or of the import itself.
    of_check = models.BooleanField()
    number = models.PositiveIntegerField()
    block = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField()
    lines = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "of_check", "number"], name="a_part_is_reported_once"),
        ]

    def __str__(self):
        return f"{self.of_id}, part {self.number}: {self.count}"
