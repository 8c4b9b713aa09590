import pgtrigger
from django.conf import settings
from django.db import models

from advocacy.models import Storefront
from advocacy.models.columns import PublicIdField, never_emptied, one_of, unchanging
from rewards.models.rule import Rule, RuleVersion


class CorrectionState(models.TextChoices):
    COUNTING = "counting", "Being worked out"  # a job works out its difference; nothing has changed
    PROPOSED = "proposed", "Proposed"  # its difference is known; nothing has changed
    RUNNING = "running", "Running"  # approved; decisions are made anew
    DONE = "done", "Done"  # the ledger has the difference
    WITHDRAWN = "withdrawn", "Withdrawn"  # nothing of it was done


# One of a rule at a time.
OPEN = (CorrectionState.COUNTING, CorrectionState.PROPOSED, CorrectionState.RUNNING)


class CorrectionPolicy(models.TextChoices):
    """What happens where more was spent or paid already than is owed by the corrected version."""

    WAIVE = "waive", "Waive it: nobody is asked to give back what was spent or paid"
    NET = "net", "Net it: what they earn next pays it off"


class Correction(models.Model):
    """Decisions of a mistaken rule version made anew by the corrected one, for what happened in a period."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="corrections", db_index=False)
    rule_version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="mistakes")
    # Columns of a RuleVersion that the corrected one has instead; the version itself is made by the approval.
    terms = models.JSONField()
    corrected = models.OneToOneField(RuleVersion, models.PROTECT, null=True, related_name="correction")
    starts_at = models.DateTimeField(help_text="What happened from then on.")
    ends_at = models.DateTimeField(help_text="What happened before then.")
    policy = models.CharField(max_length=10, choices=CorrectionPolicy, default=CorrectionPolicy.WAIVE)
    reason = models.CharField(max_length=200, help_text="For your colleagues and the log. Customers do not read it.")
    state = models.CharField(max_length=10, choices=CorrectionState, default=CorrectionState.COUNTING)
    # {"subjects", "decisions", "rewards", "units": {unit: minor}, "moved": {unit: minor},
    # "biggest": [{"kind", "subject", "side", "unit", "before", "after"}], "waived": {unit: minor}, "waived_rewards"}:
    # of how many subjects, ``units`` what it comes to, ``moved`` all ups and downs added up; as it was when it was
    # proposed, or approved if more was decided by then. Empty until it is known. Nothing in it names a person.
    difference = models.JSONField(default=dict)
    needs_second = models.BooleanField(
        default=True, help_text="The difference is above the limit: somebody else approves it."
    )
    # None: a key proposed it, and nobody has taken it over.
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When it was done or withdrawn.")

    class Meta:
        constraints = [
            one_of("state", CorrectionState, name="a_correction_has_a_known_state"),
            one_of("policy", CorrectionPolicy, name="a_correction_has_a_known_policy"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_correction_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["counting", "proposed", "withdrawn"])
                | models.Q(corrected__isnull=False, approved_by__isnull=False),
                name="a_correction_runs_when_it_is_approved",
            ),
            models.CheckConstraint(
                condition=models.Q(needs_second=False)
                | models.Q(approved_by__isnull=True)
                | ~models.Q(approved_by=models.F("proposed_by")),
                name="above_the_limit_somebody_else_approves_a_correction",
                violation_error_message="Somebody else than who proposed this correction must approve it.",
            ),
        ]
        indexes = [models.Index(fields=["storefront", "-id"], name="corrections_newest_first")]
        triggers = [
            unchanging(
                "a_correction_stays_as_it_was_proposed",
                *("public_id", "storefront", "rule_version", "terms", "starts_at", "ends_at", "policy", "reason"),
                "proposed_at",
            ),
            # A key's is taken over by somebody who stands for it.
            unchanging("who_proposed_a_correction_stays", "proposed_by", while_="OLD.proposed_by_id IS NOT NULL"),
            unchanging(
                "what_was_approved_of_a_correction_stays",
                *("corrected", "difference", "needs_second", "proposed_by", "approved_by", "approved_at"),
                while_="OLD.state NOT IN ('counting', 'proposed')",
            ),
            pgtrigger.Trigger(
                name="a_correction_goes_on",
                operation=pgtrigger.UpdateOf("state", "needs_second"),
                when=pgtrigger.Before,
                func="""
                    IF OLD.state <> 'counting' AND OLD.needs_second AND NOT NEW.needs_second THEN
                        RAISE EXCEPTION 'A correction that needs two people goes on needing them.';
                    END IF;
                    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
                        ('counting', 'proposed'), ('counting', 'withdrawn'), ('proposed', 'running'),
                        ('proposed', 'withdrawn'), ('running', 'done')
                    ) THEN
                        RAISE EXCEPTION 'A correction is counted, proposed, approved and done, each once.';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="corrections_stay", operation=pgtrigger.Delete),
            never_emptied("corrections"),
        ]

    def __str__(self):
        return f"Correction of {self.rule_version}"


class PreviewedUse(models.Model):
    """By how much a counter would stand elsewhere by a correction, while a job works out its difference."""

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+", db_index=False)
    # As in a Counter.
    cap = models.CharField(max_length=40)
    key = models.UUIDField()
    period = models.CharField(max_length=12)
    number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["correction", "rule", "cap", "key", "period"], name="a_previewed_use_is_kept_in_one_row"
            )
        ]

    def __str__(self):
        return f"{self.cap}: {self.number:+}"
