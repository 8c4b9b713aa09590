"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0007_ends_of_versions_are_kept"),
        ("rewards", "0007_find_what_waits_by_the_rates_that_came"),
    ]
    operations = []
