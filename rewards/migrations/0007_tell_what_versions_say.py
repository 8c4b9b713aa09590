"""The audit compares each rule version with the event of its saving: of those saved before, it is told now."""

from django.db import migrations
from django.utils import timezone

from advocacy import ids

_COLUMNS = (
    "benefits caps conditions delivery_allowance_days digital_at_once exclusive_group expires_days frequency hold_days "
    "hold_from milestone_every milestone_repeats minimum_order_minor months_from months_limit order_limit per_currency "
    "priority trigger"
).split()


def _digest(name):
    return f"encode(sha256(convert_to(COALESCE(to_jsonb(version.{name})::text, 'null'), 'UTF8')), 'hex')"


_VERSIONS = f"""
    SELECT version.public_id, rule.public_id::text, version.number, mistaken.public_id::text, version.starts_at,
        CASE WHEN version.corrects_id IS NULL THEN version.own_ends_at ELSE version.ends_at END, version.created_at,
        program.id, program.storefront_id, {", ".join(_digest(name) for name in _COLUMNS)}
    FROM rewards_ruleversion version
    JOIN rewards_rule rule ON rule.id = version.rule_id
    JOIN advocacy_program program ON program.id = rule.program_id
    LEFT JOIN rewards_ruleversion mistaken ON mistaken.id = version.corrects_id
    ORDER BY version.id
"""  # noqa: S608 - our own names


def tell(apps, schema_editor):
    Event, now = apps.get_model("advocacy", "Event"), timezone.now()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_VERSIONS)
        Event.objects.bulk_create(_event(Event, row, now) for row in cursor.fetchall())


def _event(Event, row, now):
    public_id, rule, number, corrects, starts_at, ends_at, created_at, program, storefront, *digests = row
    return Event(
        public_id=ids.uuid7(),
        storefront_id=storefront,
        type="rule_version.saved",
        subject_kind="rule_version",
        subject_id=public_id,
        version=1,
        program_id=program,
        facts={
            "rule": rule,
            "rule_version": str(public_id),
            "number": number,
            "corrects": corrects,
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at and ends_at.isoformat(),
            "digests": dict(zip(_COLUMNS, digests, strict=True)),
        },
        occurred_at=min(created_at, now),
        recorded_at=now,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0009_who_brought_customers"),
        ("rewards", "0006_credit_spent_in_shops"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
