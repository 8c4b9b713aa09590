"""Pools of codes that run low."""

from advocacy import ids
from advocacy.alerts.kinds import Check, Found, Kind
from rewards.models import CouponPool

LOW = Kind(
    name="low_stock",
    label="A pool runs out of codes",
    todo="Upload more codes: rewards wait for codes when it is empty.",
    sees="rewards.view_couponpool",
    minds="rewards.change_couponpool",
)


def find(*, at, limits):
    for pool in CouponPool.objects.filter(low_since__isnull=False, storefront__test_twin_of=None):
        yield Found(
            kind=LOW.name,
            subject=ids.encode("pol", pool.public_id),
            storefront=pool.storefront_id,
            text=f"“{pool.name}” runs out of codes.",
            place=f"/admin/rewards/couponpool/{pool.pk}/change/",
            facts={"low_stock": pool.low_stock},
        )


CHECK = Check(name="low_stock", kinds=(LOW,), find=find)
