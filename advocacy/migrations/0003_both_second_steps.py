"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0002_no_raw_errors"), ("advocacy", "0002_program_reckonings")]
    operations = []
