from django.db import migrations

# Offers of before promise what stands with the rule versions that they are of. Only orders tell whether they are digital.
SAY_IT = """
UPDATE advocacy_offer AS offer SET digital_at_once = TRUE
FROM rewards_ruleversion AS version
WHERE version.public_id = offer.rule_version AND version.digital_at_once AND version.hold_days > 0
    AND split_part(version.trigger, '.', 1) IN ('conversion', 'order')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0010_offers_say_digital_at_once"),
        ("rewards", "0007_tell_what_versions_say"),
    ]

    operations = [migrations.RunSQL(SAY_IT, migrations.RunSQL.noop)]
