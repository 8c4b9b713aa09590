from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from advocacy.models import Advocate, Customer, Program, Storefront
from advocacy.models.columns import PublicIdField, append_only, unchanging
from rewards.models.rule import Rule


class Subject(models.Model):
    """What is decided about: a fact and what began it. The row is the lock, and holds the version last settled.

    ``trigger`` is the event type that began it, or what it is derived from: ``milestone`` (a step), ``tier`` (an
    advocate's period), ``adjustment``, ``exchange``.
    """

    # As its event says; not checked again.
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+", db_index=False)
    trigger = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    public_id = models.UUIDField()
    advocate = models.ForeignKey(
        Advocate, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    friend = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    settled_version = models.PositiveIntegerField(default=0)
    # How often it was decided; numbers its decisions.
    decisions_made = models.PositiveIntegerField(default=0)
    # Where a decision could not be made yet: the reason's key and the currency, such as "rate_missing USD".
    waits_for = models.CharField(max_length=40, blank=True)
    occurred_at = models.DateTimeField(help_text="Of its first event: picks the rule versions and the cap's period.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "trigger", "public_id"], name="a_subject_is_decided_in_one_row")
        ]
        indexes = [
            # Used by: settling whatever began with this fact.
            models.Index(fields=["public_id"], name="subjects_of_a_fact"),
            # Used by: the top-up of an advocate's period.
            models.Index(
                fields=["advocate", "occurred_at"],
                condition=models.Q(advocate__isnull=False),
                name="subjects_of_an_advocate",
            ),
            # Used by: corrections, which ask for a period. Subjects are made nearly in the order of time, so a few
            # words for each stretch of the table are enough, and cost a settling nothing.
            BrinIndex(fields=["occurred_at"], pages_per_range=32, autosummarize=True, name="subjects_by_time"),
            # Used by: deciding what waited, when it has come.
            models.Index(
                fields=["storefront", "waits_for", "occurred_at"],
                condition=~models.Q(waits_for=""),
                name="subjects_that_wait_for_a_rate",
            ),
        ]
        # Its moment picks the rule versions and the caps' periods.
        triggers = [
            unchanging(
                "a_subject_stays_what_it_is_about",
                *("storefront", "program", "trigger", "kind", "public_id", "occurred_at"),
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.public_id}"


class Counter(models.Model):
    """How much of a rule's cap is used, in one scope and period. Locked before decisions are inserted."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="counters", db_index=False)
    # Which cap: measure, scope and side, such as "count/advocate/" or "amount/program/friend".
    cap = models.CharField(max_length=40)
    # Whose: the public id of the friend, advocate or program, or one made of advocate and friend.
    key = models.UUIDField()
    # Which period of time, such as "all", "2026-11" or "2026-W47".
    period = models.CharField(max_length=12, default="all")
    used = models.BigIntegerField(default=0)
    # Of a tier's period: when its top-up was last worked out; empty again when something of the period changed.
    closed_at = models.DateTimeField(null=True)
    # Of a budget: the limits for which it was told that it is nearly, and wholly, used up.
    warned_limit = models.BigIntegerField(null=True)
    exhausted_limit = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "cap", "key", "period"], name="a_cap_is_counted_in_one_row"),
            models.CheckConstraint(condition=models.Q(used__gte=0), name="a_cap_is_not_used_less_than_nothing"),
        ]
        indexes = [
            # Used by: the top-ups of periods that are over.
            models.Index(
                fields=["rule", "period"],
                condition=models.Q(cap__startswith="tier/", closed_at__isnull=True),
                name="periods_to_close",
            ),
            # Used by: the first page of the admin, which shows budgets that run out.
            models.Index(fields=["rule"], condition=models.Q(warned_limit__isnull=False), name="budgets_that_run_out"),
        ]

    def __str__(self):
        return f"{self.cap}: {self.used}"


class Decision(models.Model):
    """The verdict of every rule version in force on one version of a subject; insert-only.

    ``verdicts`` has the shape that ``rewards.verdicts`` writes and reads. Decided again for the same version it gets
    the next ``number``. Its facts are those of the subject's event; a derived subject has none and keeps them here.
    """

    public_id = PublicIdField()
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="decisions", db_index=False)
    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    verdicts = models.JSONField()
    facts = models.JSONField(null=True)
    # The correction that asked for it, by its public id.
    correction = models.UUIDField(null=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "number"], name="a_subject_numbers_its_decisions_once"),
        ]
        triggers = append_only("decisions")

    def __str__(self):
        return f"{self.subject}, version {self.version}"
