from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

# Who is referred is told by the first order now.
_MARK = """
    INSERT INTO referrals_buyermark (storefront_id, customer_id, marked_at)
    SELECT storefront_id, customer_id, now() FROM referrals_buyer
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0032_fees_of_payouts_are_a_cost")]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.AddField(
                    model_name="buyer",
                    name="began_before",
                    field=models.BooleanField(default=False),
                )
            ]
        ),
        migrations.RunSQL(_MARK, migrations.RunSQL.noop),
    ]
