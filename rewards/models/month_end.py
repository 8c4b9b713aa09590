import pgtrigger
from django.db import models

from advocacy.models import Program, Storefront
from advocacy.models.columns import MinorField, UnitField
from rewards.models.reward import Form


class MonthEnd(models.Model):
    """What customers were owed at the end of a month, so that the journal of the next need not add up all before it.

    It only repeats what the transfers say: a transfer of an earlier moment deletes it (see ``Transfer``), and it is
    stored anew.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    form = models.CharField(max_length=10, choices=Form)
    unit = UnitField()
    # The first moment of the next month in the time zone that the storefront had when it was stored.
    until = models.DateTimeField()
    owed_minor = MinorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "until", "program", "form", "unit"], name="a_month_ends_once_for_each_line"
            )
        ]
        triggers = [pgtrigger.Protect(name="month_ends_are_never_changed", operation=pgtrigger.Update)]

    def __str__(self):
        return f"{self.program}, {self.form}, {self.unit} until {self.until}"
