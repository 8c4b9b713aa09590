"""Errors that were kept with their whole text lose it: it may hold codes or rows. What kind they were stays."""

from django.db import migrations

_JOBS = """
    UPDATE advocacy_job SET error = split_part(error, ':', 1) || '.' WHERE error LIKE 'A step failed with %: %'
"""
_PENDING = "UPDATE advocacy_pending SET last_error = split_part(last_error, ':', 1) || '.' WHERE last_error LIKE '%: %'"


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0001_initial")]
    operations = [
        migrations.RunSQL(_JOBS, migrations.RunSQL.noop),
        migrations.RunSQL(_PENDING, migrations.RunSQL.noop),
    ]
