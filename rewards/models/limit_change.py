import pgtrigger
from django.conf import settings
from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import MinorField, PublicIdField, UnitField, never_emptied, one_of, unchanging
from rewards.models.payout_policy import PayoutPolicy


def raised_by_two(column):
    """A limit is raised as its newest change says that was done, or not at all. ``column``: of the change's owner."""
    return pgtrigger.Trigger(
        name="a_higher_limit_was_confirmed",
        operation=pgtrigger.UpdateOf("four_eyes_above_minor"),
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__four_eyes_above_minor__gt=pgtrigger.F("old__four_eyes_above_minor")),
        func=f"""
            IF NEW.four_eyes_above_minor IS DISTINCT FROM (
                SELECT after_minor FROM rewards_limitchange WHERE {column} = NEW.id AND state = 'done'
                ORDER BY id DESC LIMIT 1
            ) THEN
                RAISE EXCEPTION 'A higher limit for a second person is asked for, and confirmed by another.';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - our own column
    )


class LimitChangeState(models.TextChoices):
    OPEN = "open", "Waits for a second person"  # the old limit counts
    DONE = "done", "Done"  # the new limit counts
    WITHDRAWN = "withdrawn", "Withdrawn"  # it never counted


class LimitChange(models.Model):
    """Another limit above which two people are needed: of a program's corrections, or of a payout policy's batches."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="+", db_index=False)
    # One of the two.
    program = models.ForeignKey(Program, models.CASCADE, null=True, related_name="limit_changes")
    policy = models.ForeignKey(PayoutPolicy, models.CASCADE, null=True, related_name="limit_changes")
    unit = UnitField()
    before_minor = MinorField()
    after_minor = MinorField()
    state = models.CharField(max_length=10, choices=LimitChangeState, default=LimitChangeState.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    alone = models.BooleanField(default=False, help_text="Nobody else works in the admin who could have confirmed it.")

    class Meta:
        verbose_name = "second-person limit"
        constraints = [
            one_of("state", LimitChangeState, name="a_limit_change_has_a_known_state"),
            models.CheckConstraint(
                condition=models.Q(program__isnull=False, policy__isnull=True)
                | models.Q(program__isnull=True, policy__isnull=False),
                name="a_limit_is_of_a_program_or_a_policy",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(decided_by__isnull=False)
                & (
                    models.Q(after_minor__lte=models.F("before_minor"))
                    | models.Q(alone=True)
                    | ~models.Q(decided_by=models.F("asked_by"))
                ),
                name="somebody_else_confirms_a_higher_limit",
                violation_error_message="Somebody else than who asked for it must confirm a higher limit.",
            ),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="limit_changes_newest_first")]
        triggers = [
            # Who could change them could raise a limit by what was confirmed of another.
            unchanging(
                "a_limit_change_stays_as_it_was_asked_for",
                *("public_id", "storefront", "program", "policy", "unit", "before_minor", "after_minor", "reason"),
                *("asked_by", "asked_at", "alone"),
            ),
            unchanging(
                "a_limit_change_is_decided_once",
                *("state", "decided_by", "decided_at"),
                while_="OLD.state <> 'open'",
            ),
            pgtrigger.Protect(name="limit_changes_stay", operation=pgtrigger.Delete),
            never_emptied("limit_changes"),
        ]

    def __str__(self):
        return f"Second person for {self.what}"

    @property
    def what(self):
        return f"corrections in {self.program}" if self.program_id else f"payouts of {self.policy}"


class LimitedProgram(Program):
    """A program's limit is guarded here: the base knows nothing of changes of limits."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [raised_by_two("program_id")]


class LimitedPolicy(PayoutPolicy):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [raised_by_two("policy_id")]
