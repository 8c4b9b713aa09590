"""What waits for a rate says for which currency, also what was written while the step that began with that was taken.

A worker of the release before wrote it without one until it was stopped; so did any subject whose event of the version
last settled was not found. Every event of a fact has the currency of the first. What has none waits for no rate.
"""

from django.db import migrations

_SAY_THE_CURRENCY = """
    UPDATE rewards_subject subject SET waits_for = COALESCE('rate_missing ' || (
        SELECT event.facts ->> 'currency' FROM advocacy_event event
        WHERE event.subject_id = subject.public_id AND event.storefront_id = subject.storefront_id
            AND event.facts ->> 'currency' IS NOT NULL
        ORDER BY event.version LIMIT 1
    ), '')
    WHERE subject.waits_for = 'rate_missing'
"""


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0001_initial"), ("rewards", "0011_tenth_steps")]
    operations = [migrations.RunSQL(_SAY_THE_CURRENCY, migrations.RunSQL.noop)]
