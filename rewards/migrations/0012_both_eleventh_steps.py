"""Two that join the same steps were made side by side."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rewards", "0011_both_tenth_steps"), ("rewards", "0011_tenth_steps")]
    operations = []
