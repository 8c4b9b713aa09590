from django.db import migrations

# What offers of before are for stands with the rule versions that they are of.
NAME_THEM = """
UPDATE advocacy_offer AS offer SET items = version.benefits -> offer.side -> 'items'
FROM rewards_ruleversion AS version
WHERE version.public_id = offer.rule_version AND version.benefits -> offer.side -> 'items' IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0002_offers_name_their_products"),
        ("rewards", "0001_squashed_0018_store_month_ends"),
    ]

    operations = [migrations.RunSQL(NAME_THEM, migrations.RunSQL.noop)]
