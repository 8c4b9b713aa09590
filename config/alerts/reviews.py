"""What waits for somebody's decision too long, or in too great a number: held orders, missing friends."""

from datetime import timedelta

from django.db.models import Count, Min, Q

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from referrals.models import Claim, ClaimState, ReviewCase

QUEUE = Kind(
    name="review_queue",
    label="Orders wait for a review",
    todo="Decide them: their rewards are held until then.",
    sees="referrals.view_reviewcase",
    minds="referrals.change_reviewcase",
)
MISSED = Kind(
    name="claims_waiting",
    label="Missing friends wait",
    todo="Decide them: what nobody decides in time is refused.",
    sees="referrals.view_claim",
    minds="referrals.change_claim",
)


def _found(*, kind, rows, since, page, words, at, limits):
    """An alert for each storefront with more than so many, or with one older than so many hours."""
    live = rows.filter(storefront__test_twin_of=None).order_by().values_list("storefront", "storefront__public_id")
    old = at - timedelta(hours=limits["hours"])
    waiting = live.annotate(count=Count("pk"), first=Min(since))
    for storefront, public_id, count, first in waiting.filter(Q(first__lte=old) | Q(count__gt=limits["most"])):
        hours = int((at - first).total_seconds() // 3600)
        yield Found(
            kind=kind.name,
            subject=ids.encode("sto", public_id),
            storefront=storefront,
            text=f"{words[count > 1].format(count)}, the first for {hours} hours.",
            place=page,
            count=count,
            facts={"count": count, "hours": hours},
        )


def reviews(*, at, limits):
    rows, words = ReviewCase.objects.filter(waiting=True), ("1 order waits", "{} orders wait")
    return _found(
        kind=QUEUE, rows=rows, since="opened_at", page="/admin/referrals/reviewcase/", words=words, at=at, limits=limits
    )


def claims(*, at, limits):
    rows, words = Claim.objects.filter(state=ClaimState.OPEN), ("1 claim waits", "{} claims wait")
    return _found(
        kind=MISSED, rows=rows, since="claimed_at", page="/admin/referrals/claim/", words=words, at=at, limits=limits
    )


REVIEWS = Check(name="reviews", kinds=(QUEUE,), find=reviews, limits={"hours": 48, "most": 50})
CLAIMS = Check(name="claims", kinds=(MISSED,), find=claims, limits={"hours": 48, "most": 50})
