"""Which conversions the checks of fraud are asked about again: those whose rewards soon fall due."""

from datetime import timedelta

from django.db import connection

from referrals import fraud

# So long before the first reward of a conversion is credited. What stops the looking for less lets nothing pass.
LEAD = timedelta(hours=6)
_BATCH = 500
# What was recorded since then was asked about just now. The first condition is the index of what falls due.
_SOON = """
    SELECT conversion.public_id
    FROM rewards_reward reward
    JOIN rewards_subject subject ON subject.id = reward.subject_id
    JOIN referrals_conversion conversion ON conversion.public_id = subject.public_id
    WHERE reward.status = 'pending' AND NOT reward.reviewed AND NOT reward.waits_for_code
        AND NOT reward.waits_for_advocate AND reward.due_at <= %(soon)s
        AND conversion.looked_again_at IS NULL AND conversion.recorded_at <= %(before)s
        AND (%(storefront)s::bigint IS NULL OR reward.storefront_id = %(storefront)s)
    GROUP BY conversion.public_id ORDER BY min(reward.due_at) LIMIT %(most)s
"""


def look(*, at, storefront=None):
    """How many conversions it asked about, of one storefront or of all; call again while it answers any."""
    soon = {"soon": at + LEAD, "before": at - LEAD, "most": _BATCH, "storefront": storefront and storefront.pk}
    with connection.cursor() as cursor:
        cursor.execute(_SOON, soon)
        conversions = [each for (each,) in cursor.fetchall()]
    if conversions:
        fraud.look_again(conversions=conversions, at=at)
    return len(conversions)
