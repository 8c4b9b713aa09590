from django.db import models

from advocacy.models.columns import UnitField
from advocacy.models.program import Program


class Reckoning(models.Model):
    """What a program counted its money, days and points by until a moment; since the last one, as itself says.

    The database writes it when one of these changes. It ends 10 s after the change, so that no transaction under way is
    decided by what it could not see. Whatever occurred before then is decided by it, however often and however late.
    """

    program = models.ForeignKey(Program, models.CASCADE, related_name="reckonings", db_index=False)
    currency = UnitField()
    time_zone = models.CharField(max_length=60)
    points_per_unit = models.PositiveIntegerField(null=True)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["program", "until"], name="reckonings_of_a_program")]

    def __str__(self):
        return f"{self.program} until {self.until}"
