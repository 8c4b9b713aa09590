"""What was said of an order after it came: a code that was entered late, and claims of whoever misses the friend."""

from datetime import timedelta

from advocacy.models import Event
from config.timeline.steps import step
from referrals import claims
from referrals.models import Claim, ClaimState, Method

# What an order itself says is written down with it, or a moment later by another part of the shop.
_WITH_IT = timedelta(minutes=5)


def of(order, conversions):
    entered = [each for bond in {each.referral for each in conversions} for each in _entered(order, bond)]
    mine = Claim.objects.filter(order=order).select_related("advocate", "program", "referral", "friend", "decided_by")
    return entered + [each for claim in mine.order_by("pk") for each in _missed(claim)]


def _entered(order, bond):
    """The bond is of the order's moment; its event was written down when the code came."""
    if bond.method != Method.CODE or bond.bound_at != order.placed_at:
        return
    born = Event.objects.filter(subject_kind="referral", subject_id=bond.public_id, version=1).first()
    if born and born.recorded_at > order.recorded_at + _WITH_IT:
        said = "It did not come with the order: the friend entered it in the portal, or the shop told it later."
        yield step(born.recorded_at.isoformat(), "info", f"The code of {bond.advocate} was entered afterwards", said)


def _missed(claim):
    name = claim.named or "an e-mail address"
    yield step(claim.claimed_at.isoformat(), "info", f"{claim.advocate} missed this friend", f"They named {name}.")
    if claim.state != ClaimState.OPEN:
        counts = claim.state == ClaimState.ACCEPTED
        said = "It was counted; the friend is not theirs any more." if claims.is_lost(claim) else ""
        words = "counted" if counts else "refused"
        who = f", by {claim.decided_by}" if claim.decided_by else ""
        mood = "yes" if counts and not said else "no"
        yield step(claim.decided_at.isoformat(), mood, f"That {claim.advocate} missed them was {words}{who}", said)
