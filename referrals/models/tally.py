"""What takes too long to count while somebody waits."""

from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import one_of


class TallyOf(models.TextChoices):
    TREES = "trees", "Trees"  # who brought whom, over all time
    HOURS = "hours", "Hours"  # when friends click and buy, of the last 90 days
    PRODUCTS = "products", "Products"  # what friends buy beside the others, of the last 90 days
    ELSEWHERE = "elsewhere", "Other currencies"  # of the storefront: who is in no value, as they paid in another


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


class ReportWeek(models.Model):
    """That a storefront's numbers of the week before this Monday were mailed to staff, or nobody wanted them."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    monday = models.DateField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["storefront", "monday"], name="a_week_is_reported_once")]

    def __str__(self):
        return f"{self.storefront_id} {self.monday}"
