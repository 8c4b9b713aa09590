import django.db.models.deletion
from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

# Each order of a customer is news of them: with room on its page, a row is written without touching its indexes.
_ROOM = "ALTER TABLE advocacy_customer SET (fillfactor = 80)"
_NO_ROOM = "ALTER TABLE advocacy_customer RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0022_expectations")]
    operations = [
        ChangeAllAtOnce(
            [
                migrations.RemoveIndex("customer", "customer_by_email"),
                migrations.AlterField(
                    "customer",
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="advocacy.customer",
                        to_field="public_id",
                    ),
                ),
                migrations.AlterField(
                    "customer",
                    "storefront",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="advocacy.storefront",
                    ),
                ),
                migrations.AlterField(
                    "pending",
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pending",
                        to="advocacy.event",
                    ),
                ),
                migrations.AddIndex(
                    "customer",
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="customers_merged_into",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(_ROOM, _NO_ROOM),
    ]
