from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0009_who_brought_customers")]

    operations = [
        migrations.AddField(model_name="offer", name="digital_at_once", field=models.BooleanField(default=False)),
    ]
