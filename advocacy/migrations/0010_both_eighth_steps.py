from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0008_history_is_never_truncated"),
        ("advocacy", "0009_topics_a_platform_sends"),
    ]

    operations = []
