from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0007_fraud_checks'),
    ]

    operations = [
        # What was held before there was a queue stands in it too.
        migrations.RunSQL(
            """
            INSERT INTO referrals_reviewcase (storefront_id, program_id, conversion_id, advocate_points, friend_points,
                points, hold_at, findings, held, waiting, opened_at)
            SELECT storefront_id, program_id, id, 0, 0, 0, 0, '[]', FALSE, TRUE, recorded_at
            FROM referrals_conversion WHERE advocate_review = 'held' OR friend_review = 'held' ORDER BY id
            """,
            migrations.RunSQL.noop,
        ),
    ]
