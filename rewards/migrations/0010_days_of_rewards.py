import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import advocacy.models.columns
from advocacy.all_at_once import ChangeAllAtOnce

_COUNTED = """
    SELECT changed.program_id, 'occurred' AS of,
        (subject.occurred_at AT TIME ZONE storefront.time_zone)::date AS day, changed.side, changed.unit,
        0 AS granted_minor, sum(sign * (available_minor + reserved_minor + spent_minor + paid_minor + waived_minor))
            AS credited_minor, 0 AS expired_minor,
        sum(sign * pending_minor) AS pending_minor, sum(sign * (available_minor + reserved_minor)) AS owed_minor
    FROM changed JOIN rewards_subject subject ON subject.id = changed.subject_id
    JOIN advocacy_storefront storefront ON storefront.id = changed.storefront_id
    GROUP BY 1, 3, 4, 5
    UNION ALL
    SELECT changed.program_id, 'due', (changed.due_at AT TIME ZONE storefront.time_zone)::date, changed.side,
        changed.unit, sum(sign * granted_minor),
        sum(sign * (available_minor + reserved_minor + spent_minor + paid_minor + waived_minor)),
        sum(sign * expired_minor), 0, 0
    FROM changed JOIN advocacy_storefront storefront ON storefront.id = changed.storefront_id
    WHERE pending_minor = 0
    GROUP BY 1, 3, 4, 5
"""
_AMOUNTS = "granted_minor, credited_minor, expired_minor, pending_minor, owed_minor"
_COLUMNS = f"program_id, of, day, side, unit, {_AMOUNTS}"


def _adding(name, *, operation, pgid, hash, referencing, changed):
    func = f"""
            WITH changed AS ({changed}), counted AS ({_COUNTED})
            INSERT INTO rewards_rewardday ({_COLUMNS})
            SELECT {_COLUMNS} FROM counted WHERE granted_minor <> 0 OR credited_minor <> 0 OR expired_minor <> 0 OR pending_minor <> 0 OR owed_minor <> 0;
            RETURN NULL;
        """
    return pgtrigger.migrations.AddTrigger(
        model_name="reward",
        trigger=pgtrigger.compiler.Trigger(
            name=name,
            sql=pgtrigger.compiler.UpsertTriggerSql(
                func=func, hash=hash, level="STATEMENT", operation=operation, pgid=pgid, referencing=referencing,
                table="rewards_reward", when="AFTER",
            ),
        ),
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0028_asked_within_a_day"),
        ("rewards", "0001_squashed_0009_find_payouts_that_failed"),
    ]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.CreateModel(
                    name="RewardDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "of",
                            models.CharField(
                                choices=[("occurred", "What earned it"), ("due", "The end of its hold")], max_length=10
                            ),
                        ),
                        ("day", models.DateField()),
                        (
                            "side",
                            models.CharField(
                                choices=[("advocate", "Advocate"), ("friend", "Friend"), ("customer", "Customer")],
                                max_length=10,
                            ),
                        ),
                        ("unit", advocacy.models.columns.UnitField(max_length=3)),
                        (
                            "program",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="advocacy.program",
                            ),
                        ),
                        ("granted_minor", models.BigIntegerField(default=0)),
                        ("credited_minor", models.BigIntegerField(default=0)),
                        ("expired_minor", models.BigIntegerField(default=0)),
                        ("pending_minor", models.BigIntegerField(default=0)),
                        ("owed_minor", models.BigIntegerField(default=0)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["program", "of", "day"], name="days_of_rewards")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("of__in", ["occurred", "due"])),
                                name="a_day_of_rewards_is_of_something_known",
                                violation_error_message="of must be one of: occurred, due.",
                            )
                        ],
                    },
                ),
                _adding(
                    "rewards_come_into_days",
                    operation="INSERT",
                    pgid="pgtrigger_rewards_come_into_days_656d7",
                    hash="3ac052e22b4b7b2ea64fff0690fee81e0155523b",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    changed="SELECT 1 AS sign, * FROM new_rows",
                ),
                _adding(
                    "rewards_change_their_days",
                    operation="UPDATE",
                    pgid="pgtrigger_rewards_change_their_days_a5761",
                    hash="301be9d43778ba630a7c0b902958bab0a7857d48",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    changed="SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1 AS sign, * FROM old_rows",
                ),
                _adding(
                    "rewards_leave_their_days",
                    operation="DELETE",
                    pgid="pgtrigger_rewards_leave_their_days_240a0",
                    hash="2e5bfa2c48c5ff3f5f575ca518b80b8dd3f0437c",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    changed="SELECT -1 AS sign, * FROM old_rows",
                ),
            ]
        ),
        migrations.RunSQL(
            f"""
            WITH changed AS (SELECT 1 AS sign, * FROM rewards_reward), counted AS ({_COUNTED})
            INSERT INTO rewards_rewardday ({_COLUMNS}) SELECT {_COLUMNS} FROM counted
            """,  # noqa: S608 - our own names
            migrations.RunSQL.noop,
        ),
    ]
