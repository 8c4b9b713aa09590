from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0010_who_shopify_had_brought_before")]

    operations = [
        migrations.AddField(model_name="offer", name="digital_at_once", field=models.BooleanField(default=False)),
    ]
