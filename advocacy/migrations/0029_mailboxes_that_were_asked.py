from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0028_asked_within_a_day")]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.AddField(
                    model_name="mail",
                    name="mailbox",
                    field=models.BinaryField(editable=False, max_length=32, null=True),
                ),
                migrations.AddIndex(
                    model_name="mail",
                    index=models.Index(
                        condition=models.Q(mailbox__isnull=False),
                        fields=["storefront", "mailbox"],
                        name="mailboxes_asked",
                    ),
                ),
            ]
        ),
    ]
