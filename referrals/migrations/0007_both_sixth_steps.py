"""Two steps that were made side by side; neither needs the other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0006_find_orders_by_their_typed_code"), ("referrals", "0006_shares")]
    operations = []
