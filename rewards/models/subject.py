import pgtrigger
from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import PublicIdField
from rewards.models.rule import Rule


class Subject(models.Model):
    """What is decided about. The row is the lock, and holds the version last settled."""

    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    public_id = models.UUIDField()
    settled_version = models.PositiveIntegerField(default=0)
    occurred_at = models.DateTimeField(help_text="Of its first event: picks the rule versions and the cap's period.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "kind", "public_id"], name="a_subject_is_decided_in_one_row")
        ]

    def __str__(self):
        return f"{self.kind} {self.public_id}"


class Counter(models.Model):
    """How much of a rule's cap is used, in one scope and period. Locked before decisions are inserted."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="counters", db_index=False)
    # Which cap: scope and period, such as "friend/all".
    cap = models.CharField(max_length=40)
    # Whose: the public id of the friend, advocate or program.
    key = models.UUIDField()
    # Which period of time, such as "all" or "2026-11".
    period = models.CharField(max_length=12, default="all")
    used = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "cap", "key", "period"], name="a_cap_is_counted_in_one_row"),
            models.CheckConstraint(condition=models.Q(used__gte=0), name="a_cap_is_not_used_less_than_nothing"),
        ]

    def __str__(self):
        return f"{self.cap}: {self.used}"


class Decision(models.Model):
    """The verdict of every rule version in force on one version of a subject; insert-only."""

    public_id = PublicIdField()
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="decisions")
    version = models.PositiveIntegerField()
    # [{rule, version, number, name, verdicts: {side: {granted_minor, owed_minor, reasons}}, checks: [...]}]
    verdicts = models.JSONField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "version"], name="a_version_is_decided_once"),
        ]
        triggers = [pgtrigger.Protect(name="decisions_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.subject}, version {self.version}"
