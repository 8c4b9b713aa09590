from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce


class Migration(migrations.Migration):
    dependencies = [("referrals", "0030_tally_other_currencies")]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.AddField(
                    model_name="conversion",
                    name="looked_again_at",
                    field=models.DateTimeField(editable=False, null=True),
                )
            ]
        ),
    ]
