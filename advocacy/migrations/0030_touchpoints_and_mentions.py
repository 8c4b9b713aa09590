import django.db.models.deletion
from django.db import migrations, models

from advocacy.all_at_once import ChangeAllAtOnce


class Migration(migrations.Migration):
    dependencies = [
        ("advocacy", "0029_mailboxes_that_were_asked"),
    ]

    operations = [
        ChangeAllAtOnce(
            [
                migrations.CreateModel(
                    name="Mention",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("mention_id", models.CharField(max_length=100)),
                        (
                            "brand",
                            models.CharField(
                                help_text="The shop’s own, or another of those it compares itself with.", max_length=60
                            ),
                        ),
                        ("source", models.CharField(help_text="Where, such as reddit.", max_length=60)),
                        (
                            "sentiment",
                            models.CharField(
                                choices=[("positive", "Positive"), ("neutral", "Neutral"), ("negative", "Negative")],
                                max_length=10,
                            ),
                        ),
                        ("said_at", models.DateTimeField()),
                        ("noted_at", models.DateTimeField()),
                    ],
                ),
                migrations.RemoveConstraint(
                    model_name="answer",
                    name="an_answer_has_a_known_kind",
                ),
                migrations.AddField(
                    model_name="answer",
                    name="touchpoint",
                    field=models.CharField(blank=True, default="", max_length=100),
                ),
                migrations.AlterField(
                    model_name="answer",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("nps", "Net promoter score"),
                            ("csat", "Satisfaction"),
                            ("ces", "Effort"),
                            ("expectation", "Expectation"),
                            ("experience", "Experience"),
                            ("importance", "Importance"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AddIndex(
                    model_name="answer",
                    index=models.Index(
                        condition=models.Q(("kind__in", ("expectation", "experience", "importance"))),
                        fields=["storefront", "touchpoint", "answered_at"],
                        name="answers_of_touchpoints",
                    ),
                ),
                migrations.AddIndex(
                    model_name="report",
                    index=models.Index(
                        condition=models.Q(("touchpoint", ""), _negated=True),
                        fields=["storefront", "occurred_at"],
                        name="reports_of_touchpoints",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="answer",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["nps", "csat", "ces", "expectation", "experience", "importance"])
                        ),
                        name="an_answer_has_a_known_kind",
                        violation_error_message="kind must be one of: nps, csat, ces, expectation, experience, importance.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="answer",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ("expectation", "experience", "importance")), ("touchpoint", ""), _negated=True
                        ),
                        name="what_is_of_a_touchpoint_names_it",
                        violation_error_message="Name the touchpoint.",
                    ),
                ),
                migrations.AddField(
                    model_name="mention",
                    name="storefront",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="advocacy.storefront",
                    ),
                ),
                migrations.AddIndex(
                    model_name="mention",
                    index=models.Index(fields=["storefront", "-id"], name="mentions_newest_first"),
                ),
                migrations.AddIndex(
                    model_name="mention",
                    index=models.Index(fields=["storefront", "said_at"], name="mentions_by_time"),
                ),
                migrations.AddConstraint(
                    model_name="mention",
                    constraint=models.UniqueConstraint(
                        fields=("storefront", "mention_id"), name="a_mention_is_counted_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="mention",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("sentiment__in", ["positive", "neutral", "negative"])),
                        name="a_mention_has_a_known_sentiment",
                        violation_error_message="sentiment must be one of: positive, neutral, negative.",
                    ),
                ),
            ]
        )
    ]
