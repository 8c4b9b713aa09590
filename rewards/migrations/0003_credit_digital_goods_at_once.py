from django.db import migrations, models

_HELP = "An order of which nothing is to be sent does not wait for the hold."


class Migration(migrations.Migration):
    dependencies = [("rewards", "0002_offers_name_their_products")]

    # Versions that exist go on holding digital goods, as they did; new ones do not.
    operations = [
        migrations.AddField(
            model_name="ruleversion",
            name="digital_at_once",
            field=models.BooleanField(default=False, help_text=_HELP),
        ),
        migrations.AlterField(
            model_name="ruleversion",
            name="digital_at_once",
            field=models.BooleanField(default=True, help_text=_HELP),
        ),
    ]
