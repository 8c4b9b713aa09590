"""The newest models of a storefront, to read."""

from django.db.models import F, Q

from advocacy.models import Standing
from referrals.models import Fit, Referral

DEFINITION = (
    "How often customers will buy by BG/NBD, how much by Gamma-Gamma, both fitted on all who ever bought; orders are "
    "days with one, value is revenue kept, of the next 365 days."
)
NONE_YET = "Nothing was fitted yet: a worker does it within an hour of the first orders, then once a night."


def newest(*, storefront):
    """The Fit of the newest day, with a model or not; None before the first."""
    return Fit.objects.filter(storefront=storefront).order_by("-day").first()


def told(*, storefront):
    """``(fit, whole)``: the newest Fit, and the newest one that was written to all standings; each may be None."""
    fit = newest(storefront=storefront)
    if fit is None or fit.written_at:
        return fit, fit
    written = Fit.objects.filter(storefront=storefront, written_at__isnull=False)
    return fit, written.order_by("-day").first()


def at_risk(*, storefront):
    """The Standings of who is at risk and brought friends, as a queryset: those who brought most buyers first."""
    mine = Standing.objects.filter(customer__storefront=storefront, at_risk_since__isnull=False, friends_joined__gt=0)
    return mine.select_related("customer").order_by("-friends_converted", "customer")


def left_behind(*, storefront):
    """The Standings of friends whose advocate left, as a queryset: of whom most is expected first."""
    mine = Standing.objects.filter(customer__storefront=storefront, advocate_left_at__isnull=False)
    return mine.select_related("customer").order_by(F("expected_value_minor").desc(nulls_last=True), "customer")


def advocates_of(friends):
    """``{key of a friend: [Advocate]}`` of these Customers, through all of their records; one query."""
    keys = {friend.public_id: friend.pk for friend in friends}
    bonds = Referral.objects.filter(Q(friend__in=keys.values()) | Q(friend__merged_into__in=keys), ended_at=None)
    found = {pk: [] for pk in keys.values()}
    for bond in bonds.select_related("advocate__customer", "friend").order_by("pk"):
        found[keys[bond.friend.person_id]].append(bond.advocate)
    return found
