"""The partitioned table of clicks. Its id is a version 7 UUID, whose time names the month's partition."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE referrals_click (
                id uuid PRIMARY KEY,
                storefront_id bigint NOT NULL,
                program_id bigint NOT NULL,
                link_id bigint NOT NULL,
                at timestamptz NOT NULL,
                visitor bytea NOT NULL,
                counted boolean NOT NULL DEFAULT true,
                referrer varchar(500) NOT NULL DEFAULT '',
                query jsonb NOT NULL DEFAULT '{}'
            ) PARTITION BY RANGE (id);
            -- Catches what no month's partition takes, so that a click is never refused.
            CREATE TABLE referrals_click_rest PARTITION OF referrals_click DEFAULT;
            -- Used by: the recount of a program's day.
            CREATE INDEX clicks_of_a_program ON referrals_click (program_id, at);
            """,
            "DROP TABLE referrals_click",
        )
    ]
