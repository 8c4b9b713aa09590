from django.contrib.postgres.fields import ArrayField
from django.db import models

from advocacy.models import Program
from advocacy.models.columns import MinorField, one_of


class Question(models.TextChoices):
    """What of a day is to be counted again; each has columns of its own (``referrals.rollups.questions``)."""

    ALL = "", "Everything"  # clicks only while they are not final
    PEOPLE = "people", "People"
    REFERRALS = "referrals", "Referrals"
    CONVERSIONS = "conversions", "Conversions"  # how many stand, and what they brought
    CONVERTED = "converted", "Converted"  # whose first standing conversion was on this day
    ORDERS = "orders", "Orders"
    COHORTS = "cohorts", "Cohorts"  # what became of those who clicked or signed up on this day
    ENROLLED = "enrolled", "Enrolled"  # what became of those who joined on this day


class Mark(models.Model):
    """A day of a program of which something changed and must be recounted.

    A plain insert without a unique key: the worker locks the cell, deletes its marks, then recounts. A unique
    mark would lose the change of a writer whose insert met the mark that is being worked on.
    """

    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    question = models.CharField(max_length=12, choices=Question, default=Question.ALL, db_default=Question.ALL)
    # The one conversion that changed: the day moves by what that one does. Without it all of the day are counted.
    conversion_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [one_of("question", Question, name="a_mark_asks_a_known_question")]
        # Used by: the recount, cell by cell.
        indexes = [models.Index(fields=["program", "day"], name="marks_of_a_cell")]

    def __str__(self):
        return f"{self.program_id} {self.day} {self.question}"


def _number():
    return models.IntegerField(default=0, db_default=0)


class Counts(models.Model):
    """What is counted of a day, or of a part of it. Raw statements insert rows of some columns, hence db_default."""

    clicks = _number()  # one per link, visitor and hour of UTC, on the day of the first
    visitors = _number()  # distinct within one day of UTC, on the day of their first click
    shown = _number()  # advocates who saw a place to share from
    sharers = _number()  # advocates who shared
    active = _number()  # advocates who shared or were clicked
    referrals = _number()  # bound on this day
    converted_referrals = _number()  # first standing conversion on this day
    # Of these, by the time since their click: as many as questions.HOURS has buckets, or none at all.
    times = ArrayField(models.IntegerField(), default=list, db_default=[])
    conversions = _number()  # standing, converted on this day
    refunded_conversions = _number()  # left out of conversions: wholly refunded
    rejected_conversions = _number()  # left out of conversions: rejected
    revenue_minor = MinorField(default=0, db_default=0)  # of its conversions, after refunds, in the program's currency
    referred_orders = _number()
    referred_new_customers = _number()  # of the referred orders, the first ones of their customers
    # What became of those of this day until now: the cohort view.
    bound_of_clicked = _number()
    converted_of_clicked = _number()
    converted_of_bound = _number()

    class Meta:
        abstract = True


class Day(Counts):
    """One day of a program in its storefront's time zone: what happened on that day, and what became of it."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="days")
    day = models.DateField()
    advocates_enrolled = _number()
    orders = _number()  # all orders of the storefront, paid, not cancelled
    new_customers = _number()  # of these, the first ones of their customers
    converted_of_enrolled = _number()  # friends converted until now of the advocates who joined on this day
    # Of its conversions those in another currency, whose revenue is in no day; null until it is counted once.
    conversions_elsewhere = models.IntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    # When its clicks and shares were counted, which make no marks.
    clicks_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "day"], name="a_program_has_each_day_once")]

    def __str__(self):
        return f"{self.program_id} {self.day}"


class Cut(models.TextChoices):
    CHANNEL = "channel", "Channel"  # of the link; empty: none
    LINK = "link", "Link"  # its key; empty: bound without a link
    ADVOCATE = "advocate", "Advocate"  # the key of the row that it happened to, also after a merge
    SEGMENT = "segment", "Segment"  # of the advocate, as the facts of the referral or conversion froze it


class DayCut(Counts):
    """A part of a program's day. Each part has distinct counts of its own: a day is no sum of its parts.

    Clicks and shares are here by channel only; by link and advocate they are in LinkDay.
    """

    # Its unique key is all that it is found by. Its program is its day's, which the database checks there: a million
    # checks take a minute.
    pk = models.CompositePrimaryKey("program", "cut", "day", "key")
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    cut = models.CharField(max_length=8, choices=Cut)
    day = models.DateField()
    key = models.TextField()

    class Meta:
        constraints = [one_of("cut", Cut, name="a_cut_is_known")]

    def __str__(self):
        return f"{self.program_id} {self.day} {self.cut} {self.key}"


class LinkDay(models.Model):
    """What came through a link on a day: of most there is a click or two, so this is the largest roll-up by far.

    As of clicks, the database checks no foreign keys.
    """

    pk = models.CompositePrimaryKey("program", "day", "link_id")
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    link_id = models.BigIntegerField()
    # Whose it was on that day: later a merge may have given it to another, see LinkMove.
    advocate_id = models.BigIntegerField(null=True)
    clicks = _number()
    visitors = _number()
    # Of the link's visitors those who came to none of the same advocate's links before on that day of UTC: summed over
    # the links of an advocate these are the advocate's visitors, each once.
    first_visitors = _number()
    shown = models.BooleanField(default=False, db_default=False)
    shared = models.BooleanField(default=False, db_default=False)

    def __str__(self):
        return f"{self.program_id} {self.day} link {self.link_id}"


class BitsField(models.Field):
    """A row of bits, which PostgreSQL joins and counts by itself."""

    WIDTH = 1024

    def db_type(self, connection):
        return f"bit({self.WIDTH})"


class DayAdvocates(models.Model):
    """Who was shown, shared and was active on a day, by channel: so whoever was on several days counts once.

    A bit is an advocate: that of key ``page * BitsField.WIDTH + place``.
    """

    pk = models.CompositePrimaryKey("program", "day", "channel", "page")
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    channel = models.TextField()  # of the link; empty: none
    page = models.BigIntegerField()
    shown = BitsField()
    sharers = BitsField()
    active = BitsField()

    def __str__(self):
        return f"{self.program_id} {self.day} {self.channel} {self.page}"


class ConversionCount(models.Model):
    """What a conversion adds to its day as that is counted now: a change of one moves the day by the difference."""

    conversion_id = models.BigIntegerField(primary_key=True)
    program = models.ForeignKey(Program, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    conversions = models.SmallIntegerField()
    refunded_conversions = models.SmallIntegerField()
    rejected_conversions = models.SmallIntegerField()
    conversions_elsewhere = models.SmallIntegerField()
    revenue_minor = MinorField()

    class Meta:
        # Used by: the count of a whole day.
        indexes = [models.Index(fields=["program", "day"], name="conversions_counted_by_day")]

    def __str__(self):
        return f"{self.program_id} {self.day} conversion {self.conversion_id}"
