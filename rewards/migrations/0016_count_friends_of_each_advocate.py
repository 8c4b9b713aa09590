from uuid import UUID

import pgtrigger
from django.db import migrations

# Milestones counted a friend once for all advocates together; now for each by itself, and those under review apart. What
# was decided says the same of money afterwards: only the counter that it names is another. Else a friend's next order
# would count that friend again, and who was under review would be so for ever.
_ONCE, _ONCE_HELD, _HELD = "once/friend", "once/friend/held", "friends/held"
_AT_ONCE = 2000
_COUNTERS = """
    DELETE FROM rewards_counter WHERE rule_id = ANY(%(rules)s) AND cap IN ('once/friend', 'once/friend/held');
    INSERT INTO rewards_counter (rule_id, cap, key, period, used)
    SELECT (verdict ->> 'rule')::bigint, use ->> 0, (use ->> 1)::uuid, use ->> 2, SUM((use ->> 3)::bigint)
    FROM rewards_subject subject
    JOIN rewards_decision decision ON decision.subject_id = subject.id AND decision.number = subject.decisions_made,
        jsonb_array_elements(decision.verdicts) AS verdict, jsonb_array_elements(verdict -> 'uses') AS use
    WHERE (verdict ->> 'rule')::bigint = ANY(%(rules)s) AND use ->> 0 IN ('once/friend', 'once/friend/held')
    GROUP BY 1, 2, 3, 4
"""


def rename(apps, schema_editor):
    versions = apps.get_model("rewards", "RuleVersion")._base_manager.exclude(milestone_every=None)
    rules = dict(versions.values_list("pk", "rule_id"))
    if not rules:
        return
    decisions = apps.get_model("rewards", "Decision")._base_manager
    programs = list(versions.values_list("rule__program", flat=True).distinct())
    rows = decisions.filter(subject__program__in=programs, subject__advocate__isnull=False)
    rows = rows.values_list("pk", "verdicts", "subject__advocate__public_id")
    friends = set(apps.get_model("advocacy", "Customer")._base_manager.values_list("public_id", flat=True))
    changed = False
    with pgtrigger.ignore("rewards.Decision:decisions_are_append_only"):
        for pk, verdicts, advocate in rows.iterator(chunk_size=_AT_ONCE):
            if any([_renamed(said, advocate, friends) for said in verdicts if said.get("version") in rules]):
                decisions.filter(pk=pk).update(verdicts=verdicts)
                changed = True
    if changed:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_COUNTERS, {"rules": list(set(rules.values()))})


def _renamed(said, advocate, friends):
    """Whether it named counters by the friend alone; changes ``said``. The key of both is not any customer's id."""
    uses = said.get("uses", [])
    old = [use for use in uses if use[0] == _ONCE and UUID(use[1]) in friends and UUID(use[1]) != advocate]
    for use in old:
        use[1] = str(UUID(int=advocate.int ^ UUID(use[1]).int))
        if any(other[0] == _HELD for other in uses):
            uses.insert(uses.index(use) + 1, [_ONCE_HELD, *use[1:]])
    return bool(old)


class Migration(migrations.Migration):
    dependencies = [("rewards", "0015_what_was_entered_stays")]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
