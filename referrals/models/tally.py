"""What takes too long to count while somebody waits."""

from django.db import models

from advocacy.models import Program
from advocacy.models.columns import one_of


class TallyOf(models.TextChoices):
    TREES = "trees", "Trees"  # who brought whom, over all time
    HOURS = "hours", "Hours"  # when friends click and buy, of the last 90 days
    PRODUCTS = "products", "Products"  # what friends buy beside the others, of the last 90 days


class Tally(models.Model):
    """A count of a whole program, made anew each night; it names nobody but by ids."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    of = models.CharField(max_length=10, choices=TallyOf)
    answer = models.JSONField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "of"], name="a_program_is_tallied_once"),
            one_of("of", TallyOf, name="a_tally_is_of_something_known"),
        ]

    def __str__(self):
        return f"{self.program_id} {self.of}"
