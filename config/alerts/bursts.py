"""Codes that are opened or used as no friend does; ``referrals.bursts`` looks for them."""

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from advocacy.models import AlertTiming
from referrals.models import Link

BURST = Kind(
    name="link_burst",
    label="A burst on one code",
    todo="It may stand on a page of coupons, or in a newsletter. See the link, and switch it off if it is abused.",
    sees="referrals.view_link",
    minds="referrals.change_link",
    timing=AlertTiming.AT_ONCE,
)


def find(*, at, limits):
    hot = Link.objects.filter(burst_since__isnull=False, storefront__test_twin_of=None).select_related("program")
    for link in hot:
        above = link.program.burst_above
        yield Found(
            kind=BURST.name,
            subject=ids.encode("lnk", link.public_id),
            storefront=link.storefront_id,
            # Not the code itself: it may be somebody's name, and an erasure would have to find it here.
            text=f"A code of {link.program.name} is opened or used more than {above} times an hour."[:300],
            place=f"/admin/referrals/link/{link.pk}/change/",
            facts={"above": above},
        )


CHECK = Check(name="bursts", kinds=(BURST,), find=find)
