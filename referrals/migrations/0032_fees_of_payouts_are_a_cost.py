from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce

_COSTS = {
    "referral": "Referral",
    "organic_search": "Organic search",
    "paid_search": "Paid search",
    "social": "Social",
    "paid_social": "Paid social",
    "email": "E-mail",
    "affiliate": "Affiliate",
    "direct": "Direct",
    "other": "Other",
    "payout_fees": "Fees of payouts",
}


class Migration(migrations.Migration):
    dependencies = [("referrals", "0031_a_second_look_at_conversions")]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.RemoveConstraint(model_name="channelcost", name="a_channel_is_known"),
                migrations.AlterField(
                    model_name="channelcost",
                    name="channel",
                    field=models.CharField(choices=list(_COSTS.items()), max_length=20),
                ),
                migrations.AddConstraint(
                    model_name="channelcost",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("channel__in", list(_COSTS))),
                        name="a_channel_is_known",
                        violation_error_message=f"channel must be one of: {', '.join(_COSTS)}.",
                    ),
                ),
            ]
        ),
    ]
