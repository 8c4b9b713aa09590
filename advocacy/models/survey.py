from django.db import models

from advocacy.models.columns import PublicIdField, one_of
from advocacy.models.customer import Customer
from advocacy.models.program import Program
from advocacy.models.storefront import Storefront


class SurveyKind(models.TextChoices):
    NPS = "nps", "Net promoter score"  # how likely to recommend, 0 to 10
    CSAT = "csat", "Satisfaction"  # how satisfied, mostly 1 to 5
    CES = "ces", "Effort"  # how easy it was, mostly 1 to 7
    # Of a touchpoint, mostly 1 to 7:
    EXPECTATION = "expectation", "Expectation"  # how good it ought to be
    EXPERIENCE = "experience", "Experience"  # how good it was
    IMPORTANCE = "importance", "Importance"  # how much it matters


OF_TOUCHPOINTS = (SurveyKind.EXPECTATION, SurveyKind.EXPERIENCE, SurveyKind.IMPORTANCE)


class Answer(models.Model):
    """What a customer answered to a survey's one question; never changed."""

    public_id = PublicIdField()
    storefront = models.ForeignKey(Storefront, models.PROTECT, related_name="answers")
    program = models.ForeignKey(Program, models.PROTECT, null=True, blank=True, related_name="answers")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="answers")
    # The storefront's own id of the survey; empty where it names none.
    survey = models.CharField(max_length=200, blank=True, default="")
    answer_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=SurveyKind)
    # Where it was, in the storefront's own word, as events of its own name it.
    touchpoint = models.CharField(max_length=100, blank=True, default="")
    score = models.SmallIntegerField()
    scale_min = models.SmallIntegerField()
    scale_max = models.SmallIntegerField()
    answered_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "answer_id"], name="an_answer_is_recorded_once"),
            one_of("kind", SurveyKind, name="an_answer_has_a_known_kind"),
            models.CheckConstraint(
                condition=models.Q(score__gte=models.F("scale_min")) & models.Q(score__lte=models.F("scale_max")),
                name="a_score_is_on_its_scale",
                violation_error_message="The score is on its scale.",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=OF_TOUCHPOINTS, touchpoint=""),
                name="what_is_of_a_touchpoint_names_it",
                violation_error_message="Name the touchpoint.",
            ),
        ]
        indexes = [
            # Used by: lists of the API, newest first.
            models.Index(fields=["storefront", "-id"], name="answers_newest_first"),
            # Used by: what was expected of touchpoints against what was met.
            models.Index(
                fields=["storefront", "touchpoint", "answered_at"],
                condition=models.Q(kind__in=OF_TOUCHPOINTS),
                name="answers_of_touchpoints",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.score}"
