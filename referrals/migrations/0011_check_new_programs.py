from django.db import migrations, models


def keep(apps, schema_editor):
    """Programs that nobody had said anything of were not checked, and stay so: only new ones are."""
    program = apps.get_model("advocacy", "Program")
    policy = apps.get_model("referrals", "FraudPolicy")
    silent = program.objects.filter(fraud_policy=None).values_list("pk", flat=True)
    policy.objects.bulk_create([policy(program_id=pk, active=False) for pk in silent], ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ("advocacy", "0017_alerts"),
        ("referrals", "0010_find_how_often_connections_send"),
    ]

    operations = [
        migrations.AlterField(
            model_name="fraudpolicy",
            name="active",
            field=models.BooleanField(
                "Checks orders",
                default=True,
                help_text="Off: nothing is held by itself, and cheats are paid. Where your advocates bring many friends in one evening, raise the limits below instead.",
            ),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
