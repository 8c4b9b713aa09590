from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rewards", "0003_credit_digital_goods_at_once")]

    operations = [
        migrations.AddIndex(
            model_name="reward",
            index=models.Index(
                condition=models.Q(("waits_for_code", True)),
                fields=["rule_version", "side"],
                name="rewards_that_wait_by_version",
            ),
        ),
    ]
