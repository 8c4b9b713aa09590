import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0023_write_fewer_indexes")]
    operations = [
        migrations.AddField(
            "webhookendpoint",
            "alert_kinds",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                default=list,
                help_text="Of alerts only these kinds. None chosen: all.",
                size=None,
            ),
        ),
    ]
