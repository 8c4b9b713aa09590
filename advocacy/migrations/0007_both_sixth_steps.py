"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0006_origins_of_storefronts"), ("advocacy", "0006_webhooks_out")]
    operations = []
