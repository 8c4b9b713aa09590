"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rewards", "0010_history_is_never_truncated"), ("rewards", "0010_keep_previewed_uses_in_rows")]
    operations = []
