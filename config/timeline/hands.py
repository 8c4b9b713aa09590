"""How a friend came into an advocate's hands by somebody's decision, and out of them again: who decided what, when."""

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from advocacy import persons
from config.timeline.steps import step
from referrals.models import Claim, ClaimState, Method, Referral

BY_HAND = "fraud_rejected"


def came(bond, zone):
    """``(when it was decided, by what, since when it counts)`` of a bond that somebody made, in words; else None."""
    if bond.method != Method.MANUAL:
        return None
    claim = _claim(bond)
    by = (
        f"by the claim of {_day(claim.claimed_at, zone)}, counted by {claim.decided_by or 'a key'}"
        if claim
        else "by hand"
    )
    return bond.recorded_at.isoformat(), by, f"Orders count since {_day(bond.bound_at, zone)}."


def is_gone(conversion):
    """Whether its order counts no longer for whom it was, because somebody said that the friend is another's."""
    return bool(conversion.ended and conversion.referral.ended_at and not conversion.referral.ended_by_merge)


def went(conversion, zone):
    """The step at which the friend left these hands."""
    return [step(conversion.referral.ended_at.isoformat(), "no", _left(conversion.referral, zone))]


def told(conversions, zone):
    """The same as sentences, each once."""
    return [f"{_left(each.referral, zone)}." for each in conversions if is_gone(each)]


def without_reviews(one, conversion):
    """Its decisions without the rules that only took back what was earned when the friend left."""
    if not is_gone(conversion):
        return one
    since = conversion.referral.ended_at.isoformat()
    kept = [
        each | {"rules": [rule for rule in each["rules"] if each["decided_at"] < since or not _rejected(rule)]}
        for each in one["decisions"]
    ]
    return one | {"decisions": kept}


def _rejected(rule):
    return any(reason["key"] == BY_HAND for side in rule["sides"] for reason in side["reasons"])


def _left(bond, zone):
    to = Referral.objects.filter(friend__in=persons.ids_of(bond.friend), program=bond.program_id)
    new = to.filter(recorded_at=bond.ended_at).select_related("advocate__customer").order_by("pk").last()
    if new is None:
        return f"{bond.advocate} has the friend no longer since {_day(bond.ended_at, zone)}"
    said = came(new, zone)
    by = f", {said[1]}" if said else ""
    if new.advocate.person_id == bond.advocate.person_id:
        since = f"brought the friend from {_day(new.bound_at, zone)} on"
        return f"{bond.advocate} {since}, decided on {_day(bond.ended_at, zone)}{by}"
    return f"{bond.advocate} lost the friend to {new.advocate} on {_day(bond.ended_at, zone)}{by}"


def _claim(bond):
    return (
        Claim.objects.filter(referral=bond, state=ClaimState.ACCEPTED)
        .select_related("decided_by")
        .order_by("pk")
        .first()
    )


def _day(moment, zone):
    return date_format(timezone.localtime(moment, ZoneInfo(zone)), "j F Y, H:i")
