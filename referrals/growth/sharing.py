"""Through which channels advocates share, and whose friends buy."""

from datetime import date

from django.db import connection
from django.db.models import Q, Sum

from advocacy import ids
from advocacy.models import Advocate, Merge
from referrals.growth import spans
from referrals.metrics import uncounted
from referrals.models import Cut, DayCut, Link, LinkDay

MOST = 20
CHANNELS = "Shares in the period by the channel that advocates chose, and how many advocates chose it."
TOP = "Advocates by the friends who bought first in the period, then by what these orders brought."

_CHANNELS = """
    SELECT share.channel, count(*), count(DISTINCT link.advocate_id)
    FROM referrals_share share JOIN referrals_link link ON link.id = share.link_id
    WHERE share.storefront_id = %(storefront)s AND share.at >= %(start)s AND share.at < %(end)s
        AND share.kind = 'share' AND link.program_id = %(program)s
    GROUP BY share.channel ORDER BY 2 DESC, 1
    """
SUMS = ("referrals", "converted_referrals", "conversions", "revenue_minor")


def channels(*, program, since, until):
    """``[{"channel", "shares", "advocates", "share"}]``, the most used first; an empty channel was not named."""
    start, end = spans.borders(program.storefront, since, until)
    asked = {"storefront": program.storefront_id, "program": program.pk, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_CHANNELS, asked)
        found = cursor.fetchall()
    whole = sum(shares for _, shares, _ in found)
    return [
        {"channel": channel, "shares": shares, "advocates": advocates, "share": round(shares / whole, 5)}
        for channel, shares, advocates in found
    ]


def top_advocates(*, program, since, until, at, most=MOST):
    """``[{"advocate", "id", clicks, referrals, converted_referrals, conversions, revenue_minor}]``, the best first.

    Clicks are None where nobody could count those of some days.
    """
    cuts = DayCut.objects.filter(program=program, cut=Cut.ADVOCATE, day__range=(since, until)).exclude(key="")
    sums = cuts.values("key").annotate(**{f"{name}_sum": Sum(name) for name in SUMS})
    best = sums.filter(converted_referrals_sum__gt=0).order_by("-converted_referrals_sum", "-revenue_minor_sum", "key")
    best = list(best[:most])
    keys = [int(each["key"]) for each in best]
    rows = Advocate.objects.filter(pk__in=keys).select_related("customer").in_bulk()
    gone = uncounted.any_gone(program=program, since=since, until=until, at=at)
    clicks = {} if gone else _clicks(program, since, until, rows)
    return [
        {"advocate": row, "id": ids.encode("adv", row.public_id), "clicks": None if gone else clicks.get(row.pk, 0)}
        | {name: each[f"{name}_sum"] for name in SUMS}
        for each in best
        if (row := rows.get(int(each["key"])))
    ]


def _clicks(program, since, until, advocates):
    """``{key: clicks}`` of these advocates: by their links, which are few, unless a merge ever moved some."""
    days = LinkDay.objects.filter(program=program, day__range=(since, until), advocate_id__in=list(advocates))
    people = [each.customer_id for each in advocates.values()]
    if not Merge.objects.filter(Q(survivor__in=people) | Q(merged__in=people)).exists():
        every = [date.fromordinal(day) for day in range(since.toordinal(), until.toordinal() + 1)]
        links = list(Link.objects.filter(advocate__in=list(advocates)).values_list("pk", flat=True))
        days = days.filter(day__in=every, link_id__in=links)
    return dict(days.values_list("advocate_id").annotate(clicks=Sum("clicks")))
