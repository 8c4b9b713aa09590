"""Both forms of K: from what advocates sent, and from the friends of those who joined."""

# ruff: noqa: S608 - statements are made of the constants here

from datetime import timedelta

from django.db import connection
from django.db.models import F, Sum

from advocacy import given
from advocacy.measures import intervals
from advocacy.models import Advocate
from referrals.growth import spans
from referrals.measures import virality as formulas
from referrals.models import Cut, Day, DayCut, Invitation, Referral, Share, ShareKind

WITHIN_DAYS, MOST_DAYS = 30, 365
_DIGITS = 5
K = (
    "K = i · c: what advocates sent in the period (shares and invitations) ÷ advocates enrolled until its end, times "
    "friends converted in the period ÷ what was sent. It is of these days alone: of a longer period it is more."
)
K_OF_COHORT = (
    "Friends converted within so many days of their advocate’s enrolment ÷ advocates whose days of that number "
    "ended in the period: who joined that long before it. Above 1 the program would grow by itself."
)

# Of who was merged the survivor's enrolment counts, with the friends of all of their records.
_FRIENDS = """
    WITH cohort AS (
        SELECT public_id, enrolled_at FROM advocacy_advocate
        WHERE program_id = %(program)s AND merged_into_id IS NULL
            AND enrolled_at >= %(start)s AND enrolled_at < %(end)s
    ), old AS (
        SELECT * FROM cohort WHERE enrolled_at + %(within)s <= %(at)s
    ), friend AS (
        SELECT old.public_id, referral.id, referral.friend_id
        FROM old
        JOIN advocacy_advocate own ON own.program_id = %(program)s
            AND coalesce(own.merged_into_id, own.public_id) = old.public_id
        JOIN referrals_referral referral ON referral.advocate_id = own.id AND referral.ended_at IS NULL
            AND referral.standing_conversions > 0
        WHERE referral.converted_at <= old.enrolled_at + %(within)s
    )
    """
_COHORT = f"""
    {_FRIENDS}, brought AS (
        SELECT public_id, count(DISTINCT friend_id) AS friends FROM friend GROUP BY public_id
    )
    SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM cohort) - (SELECT count(*) FROM old),
        coalesce(sum(friends), 0), coalesce(sum(friends * friends), 0)
    FROM brought
    """
_ROWS = {
    "advocates": f"{_FRIENDS} SELECT own.id FROM advocacy_advocate own JOIN old USING (public_id)",
    "friends": f"{_FRIENDS} SELECT id FROM friend",
}


def behind_cohort(kind, *, program, since, until, at, within_days=WITHIN_DAYS):
    """The ``advocates`` of ``k_of_cohort``, or the referrals of their ``friends``, as a queryset."""
    within = given.whole("within_days", within_days, least=1, most=MOST_DAYS)
    asked = _asked(program, since, until, within, at)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS[kind], asked)
        keys = [key for (key,) in cursor]
    return (Advocate if kind == "advocates" else Referral).objects.filter(pk__in=keys)


def virality(*, program, since, until, at, within_days=WITHIN_DAYS):
    """``{"k", "cohort", "forecast"}`` of a period whose first and last day are given; see the definitions in each.

    ``within_days``: how long after their advocate joined a friend still counts, 1 to 365; refused otherwise.
    """
    within = given.whole("within_days", within_days, least=1, most=MOST_DAYS)
    k = _by_what_was_sent(program, since, until)
    return {
        "k": k,
        "cohort": _of_cohort(program, since, until, within, at),
        "forecast": _forecast(k["value"], k["advocates"]),
    }


def _by_what_was_sent(program, since, until):
    start, end = spans.borders(program.storefront, since, until)
    shares = Share.objects.filter(
        storefront=program.storefront_id, at__gte=start, at__lt=end, kind=ShareKind.SHARE, link__program=program
    ).count()
    invited = Invitation.objects.filter(advocate__program=program, invited_at__gte=start, invited_at__lt=end).count()
    days = Day.objects.filter(program=program)
    converted = days.filter(day__range=(since, until)).aggregate(sum=Sum("converted_referrals"))["sum"] or 0
    advocates = days.filter(day__lte=until).aggregate(sum=Sum("advocates_enrolled"))["sum"] or 0
    value, sent, came = formulas.k(shares + invited, advocates, converted)
    return {
        "definition": {"id": "k", "sentence": K},
        "shares": shares,
        "invitations": invited,
        "advocates": advocates,
        "converted": converted,
        "sent_per_advocate": _rounded(sent),
        "converted_per_sent": _rounded(came),
        "value": _rounded(value),
        "interval": None if value is None else _interval(program, since, until, advocates),
        "reason": "" if value is not None else _nothing(advocates),
    }


def _interval(program, since, until, advocates):
    """K is the mean of converted friends by advocate, of whom most have none."""
    days = DayCut.objects.filter(program=program, cut=Cut.ADVOCATE, day__range=(since, until))
    each = days.values("key").annotate(friends=Sum("converted_referrals")).filter(friends__gt=0)
    told = each.aggregate(sum=Sum("friends"), squares=Sum(F("friends") * F("friends")))
    sample = intervals.Sample(advocates, int(told["sum"] or 0), int(told["squares"] or 0))
    return _within(intervals.count_interval(sample))


def _within(interval):
    return [_rounded(max(0.0, interval[0])), _rounded(interval[1])] if interval else None


def _nothing(advocates):
    return (
        "No advocate had joined by then." if not advocates else "Nothing was shared and nobody invited in the period."
    )


def _of_cohort(program, since, until, within, at):
    joined = _joined(since, until, within)
    with connection.cursor() as cursor:
        cursor.execute(_COHORT, _asked(program, since, until, within, at))
        advocates, too_young, friends, squares = (int(each) for each in cursor.fetchone())
    interval = intervals.count_interval(intervals.Sample(advocates, friends, squares))
    value = formulas.k_of_cohort(friends, advocates)
    return {
        "definition": {"id": "k_of_cohort", "sentence": K_OF_COHORT},
        "within_days": within,
        "joined": {"from": joined[0], "to": joined[1]},
        "friends": friends,
        "advocates": advocates,
        "too_young": too_young,
        "value": _rounded(value),
        "interval": _within(interval),
        "reason": "" if advocates else f"Nobody joined from {joined[0]} to {joined[1]}.",
    }


def _joined(since, until, within):
    """When who is counted joined: so long before the period that all their days are over by its end.

    Who joined in a period that has just ended had no time yet to bring anybody.
    """
    days = timedelta(days=within)
    return since - days, until - days


def _asked(program, since, until, within, at):
    start, end = spans.borders(program.storefront, *_joined(since, until, within))
    return {"program": program.pk, "start": start, "end": end, "within": timedelta(days=within), "at": at}


_CYCLES = (1, 2, 3, 6, 12)


def _forecast(k, advocates):
    """People after so many cycles, were everybody to bring K new ones in each: N(t) of ``measures.virality``."""
    if k is None or not advocates:
        return []
    return [{"cycles": cycles, "people": round(formulas.growth(advocates, k, cycles, 1))} for cycles in _CYCLES]


def _rounded(value):
    return None if value is None else round(value, _DIGITS)
