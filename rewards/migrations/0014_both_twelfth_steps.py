"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("rewards", "0012_say_the_currency_of_all_that_waits"),
        ("rewards", "0013_the_register_keeps_whole_payees"),
    ]
    operations = []
