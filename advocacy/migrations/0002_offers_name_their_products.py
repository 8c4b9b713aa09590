from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0001_squashed_0015_history_before")]

    operations = [
        migrations.AddField(model_name="offer", name="items", field=models.JSONField(blank=True, default=list)),
    ]
