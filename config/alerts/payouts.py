"""Payouts that failed or came back lately."""

from datetime import timedelta

from django.db.models import Count

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming
from rewards.models import Payout, PayoutState

FAILED = Kind(
    name="payouts_failed",
    label="Payouts failed",
    todo="Look at why; the money is back in the wallets and goes out with the next batch once the account is right.",
    sees="rewards.view_payout",
    minds="rewards.change_payoutbatch",
    timing=AlertTiming.AT_ONCE,
)


def find(*, at, limits):
    ended = {"state__in": [PayoutState.FAILED, PayoutState.RETURNED]}
    lately = Payout.objects.filter(
        **ended, ended_at__gt=at - timedelta(hours=limits["hours"]), storefront__test_twin_of=None
    )
    by_shop = lately.order_by().values_list("storefront", "storefront__public_id").annotate(Count("pk"))
    for storefront, public_id, count in by_shop:
        yield Found(
            kind=FAILED.name,
            subject=ids.encode("sto", public_id),
            storefront=storefront,
            text="1 payout failed or came back." if count == 1 else f"{count} payouts failed or came back.",
            place="/admin/rewards/payout/?state__exact=failed",
            count=count,
            facts={"count": count},
        )


CHECK = Check(name="payouts", kinds=(FAILED,), find=find, limits={"hours": 72})
