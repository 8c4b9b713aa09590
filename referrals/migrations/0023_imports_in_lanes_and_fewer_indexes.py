import django.db.models.deletion
from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

# The job of an import that goes on has counted these; from now on what is there is to be taken.
_TAKEN = """
    DELETE FROM referrals_importpart part USING referrals_import file, advocacy_job job
    WHERE part.of_id = file.id AND job.id = file.job_id AND file.state = 'running'
        AND part.number < (job.cursor ->> 'part')::int
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0023_write_fewer_indexes"), ("referrals", "0022_weekly_reports")]
    operations = [
        ChangeAllAtOnce(
            [
                migrations.AddField("importpart", "block", models.PositiveIntegerField(default=0)),
                migrations.AddField("importpart", "lane", models.PositiveSmallIntegerField(default=0)),
                migrations.AddField("importpart", "taken", models.JSONField(null=True)),
                migrations.AddField("importrefusals", "block", models.PositiveIntegerField(default=0)),
                migrations.AlterField(
                    "order",
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="advocacy.customer",
                    ),
                ),
                migrations.AlterField(
                    "order",
                    "storefront",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="advocacy.storefront",
                    ),
                ),
                migrations.AlterField(
                    "orderidentifier",
                    "storefront",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="advocacy.storefront",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(_TAKEN, migrations.RunSQL.noop),
    ]
