from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0028_links_say_whose_they_were")]

    operations = [
        # A form took any number.
        migrations.RunSQL(
            "UPDATE referrals_fraudpolicy SET review_days = least(greatest(review_days, 1), 365), "
            "hold_at = least(greatest(hold_at, 1), 1000)",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="fraudpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(hold_at__range=(1, 1000), review_days__range=(1, 365)),
                name="a_fraud_policy_is_within_its_limits",
                violation_error_message="Hold from 1 to 1000 points, and decide within 1 to 365 days.",
            ),
        ),
    ]
