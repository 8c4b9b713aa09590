import django.db.models.deletion
from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

# Until now the days of a link said whose it was on them.
_MOVES = """
    INSERT INTO referrals_linkmove (link_id, program_id, advocate_id, until)
    SELECT link.id, link.program_id, own.advocate_id,
        ((max(own.day) + 1)::timestamp AT TIME ZONE storefront.time_zone) - interval '1 second'
    FROM referrals_linkday own JOIN referrals_link link ON link.id = own.link_id
    JOIN advocacy_storefront storefront ON storefront.id = link.storefront_id
    WHERE own.advocate_id <> link.advocate_id
    GROUP BY link.id, link.program_id, own.advocate_id, storefront.time_zone
    """


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0028_asked_within_a_day"),
        ("referrals", "0027_conversions_move_their_days"),
    ]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.CreateModel(
                    name="LinkMove",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("until", models.DateTimeField()),
                        (
                            "advocate",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="advocacy.advocate",
                            ),
                        ),
                        (
                            "link",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="referrals.link"
                            ),
                        ),
                        (
                            "program",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="advocacy.program"
                            ),
                        ),
                    ],
                ),
            ]
        ),
        migrations.RunSQL(_MOVES, migrations.RunSQL.noop),
    ]
