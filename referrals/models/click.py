from django.db import models


class Click(models.Model):
    """One visit through a link. High volume: only a row, never an event; partitioned by month of its id's time.

    No foreign keys: a pruned month must not touch a referral, which keeps a copy of what it needs.
    """

    id = models.UUIDField(primary_key=True)
    storefront_id = models.BigIntegerField()
    program_id = models.BigIntegerField()
    link_id = models.BigIntegerField()
    at = models.DateTimeField()
    # HMAC of the day's salt over address prefix and user agent; empty where nobody could be told apart.
    visitor = models.BinaryField(max_length=16)
    # False for robots and prefetching: attributable, but in no count.
    counted = models.BooleanField(default=True)
    referrer = models.CharField(max_length=500, blank=True)
    query = models.JSONField(default=dict)

    class Meta:
        managed = False  # a partitioned table, made by a migration
        db_table = "referrals_click"

    def __str__(self):
        return str(self.id)


class VisitorSalt(models.Model):
    """The day's secret that makes visitors of one day comparable; deleted after it, and with it any comparison."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)

    def __str__(self):
        return str(self.day)
