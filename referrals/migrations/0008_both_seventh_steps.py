"""Two that join the same steps were made side by side."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_both_sixth_steps"), ("referrals", "0007_sixth_steps")]
    operations = []
