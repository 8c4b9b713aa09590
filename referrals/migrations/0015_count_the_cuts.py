from django.db import migrations

# The days that are there were counted whole only: each is counted anew, with its parts. Clicks too, as far as they are
# still there, as no day says when its clicks were counted.
MARK_ALL = "INSERT INTO referrals_mark (program_id, day) SELECT program_id, day FROM referrals_day"


class Migration(migrations.Migration):
    dependencies = [("referrals", "0014_cut_the_days")]

    operations = [migrations.RunSQL(MARK_ALL, migrations.RunSQL.noop)]
