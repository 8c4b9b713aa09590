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
    WHERE subject.program_id = ANY(%(programs)s)
        AND (verdict ->> 'rule')::bigint = ANY(%(rules)s) AND use ->> 0 IN ('once/friend', 'once/friend/held')
    GROUP BY 1, 2, 3, 4
"""


# Whoever decides writes counters before decisions: what they are about to write is waited for, and then they wait.
_ALONE = "SET LOCAL statement_timeout = 0; LOCK TABLE rewards_counter IN SHARE ROW EXCLUSIVE MODE"


def rename(apps, schema_editor):
    versions = apps.get_model("rewards", "RuleVersion")._base_manager.exclude(milestone_every=None)
    rules = dict(versions.values_list("pk", "rule_id"))
    if not rules:
        return
    programs = list(versions.order_by().values_list("rule__program", flat=True).distinct())
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_ALONE)
    with pgtrigger.ignore("rewards.Decision:decisions_are_append_only"):
        changed = _rename_all(apps, rules, programs)
    if changed:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_COUNTERS, {"rules": list(set(rules.values())), "programs": programs})


def _rename_all(apps, rules, programs):
    """How many decisions named other counters; so many at once that none of them needs much memory."""
    decisions = apps.get_model("rewards", "Decision")._base_manager
    customers = apps.get_model("advocacy", "Customer")._base_manager
    rows = decisions.filter(subject__program__in=programs, subject__advocate__isnull=False).order_by("pk")
    last, count = 0, 0
    while part := list(rows.filter(pk__gt=last).select_related("subject__advocate")[:_AT_ONCE]):
        last = part[-1].pk
        said = {row: [verdict for verdict in row.verdicts if verdict.get("version") in rules] for row in part}
        keys = {use[1] for verdicts in said.values() for verdict in verdicts for use in verdict.get("uses", [])}
        friends = set(customers.filter(public_id__in=keys).values_list("public_id", flat=True))
        changed = [row for row in part if _any_renamed(said[row], row.subject.advocate.public_id, friends)]
        decisions.bulk_update(changed, ["verdicts"])
        count += len(changed)
    return count


def _any_renamed(verdicts, advocate, friends):
    return any([_renamed(verdict, advocate, friends) for verdict in verdicts])


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
