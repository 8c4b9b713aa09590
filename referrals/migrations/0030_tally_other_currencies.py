from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

_OF = ["trees", "hours", "products", "elsewhere"]


class Migration(migrations.Migration):
    dependencies = [("referrals", "0029_fraud_policies_within_limits")]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.AlterField(
                    model_name="tally",
                    name="of",
                    field=models.CharField(
                        choices=[
                            ("trees", "Trees"),
                            ("hours", "Hours"),
                            ("products", "Products"),
                            ("elsewhere", "Other currencies"),
                        ],
                        max_length=10,
                    ),
                ),
                migrations.RemoveConstraint(model_name="tally", name="a_tally_is_of_something_known"),
                migrations.AddConstraint(
                    model_name="tally",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("of__in", _OF)),
                        name="a_tally_is_of_something_known",
                        violation_error_message="of must be one of: trees, hours, products, elsewhere.",
                    ),
                ),
            ]
        ),
    ]
