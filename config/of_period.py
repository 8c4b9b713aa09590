"""What endpoints of a storefront's days take: ``from`` and ``to``, both included."""

from drf_spectacular.utils import OpenApiParameter

from advocacy.api.endpoint import Endpoint
from referrals.api.days import day_of
from referrals.growth import spans
from referrals.metrics import periods

DAYS = [
    OpenApiParameter("from", str, description="The first day; default: 30 days with the last one."),
    OpenApiParameter("to", str, description="The last day, included; default: today."),
]


class OfPeriod(Endpoint):
    parameters = {"GET": ("from", "to")}
    declines = {"time_zone": periods.DECLINED_ZONE}

    def days(self, request):
        """The first and the last day; refused in words where they cannot be."""
        asked = {"since": day_of(request, "from"), "until": day_of(request, "to")}
        return periods.days_of(storefront=request.storefront, **asked, at=self.at)


def moments(storefront, since, until):
    """When these days of the storefront begin and end, as ``start`` and ``end``."""
    start, end = spans.borders(storefront, since, until)
    return {"start": start, "end": end}
